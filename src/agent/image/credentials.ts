/** imagePullSecrets: https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/ */
import type { Pod, Secret } from "../../machinery/types/core/v1.ts";
import type { RegistryAuth } from "../runtime/types.ts";
import type { ObjectSource } from "../volumes/types.ts";
import type { ImageReference } from "./reference.ts";

interface Entry {
  readonly username?: string;
  readonly password?: string;
  /** base64 of "username:password" */
  readonly auth?: string;
  readonly identitytoken?: string;
}

/**
 * Every credential of the pod's pull secrets that fits the image, the most specific one first. Secrets that are not there
 * or cannot be read are named in `problems`.
 */
export function pullCredentials(
  pod: Pod,
  image: ImageReference,
  objects: ObjectSource,
): { readonly credentials: readonly RegistryAuth[]; readonly problems: readonly string[] } {
  const namespace = pod.metadata.namespace ?? "";
  const found: { readonly path: string; readonly auth: RegistryAuth }[] = [];
  const problems: string[] = [];
  for (const { name = "" } of pod.spec?.imagePullSecrets ?? []) {
    const secret = objects.secret(namespace, name);
    if (!secret) {
      problems.push(name);
      continue;
    }
    try {
      for (const [key, entry] of Object.entries(registriesOf(secret))) {
        const place = placeOf(key);
        if (matches(place, image)) found.push({ path: place.path, auth: authOf(entry, image.registry) });
      }
    } catch {
      problems.push(name);
    }
  }
  found.sort((a, b) => b.path.length - a.path.length);
  return { credentials: found.map(({ auth }) => auth), problems };
}

function registriesOf(secret: Secret): Record<string, Entry> {
  const read = (key: string) => JSON.parse(Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8")) as unknown;
  if (secret.type === "kubernetes.io/dockerconfigjson") {
    return (read(".dockerconfigjson") as { auths?: Record<string, Entry> }).auths ?? {};
  }
  return secret.type === "kubernetes.io/dockercfg" ? (read(".dockercfg") as Record<string, Entry>) : {};
}

function authOf(entry: Entry, registry: string): RegistryAuth {
  const decoded = Buffer.from(entry.auth ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  const username = entry.username ?? (colon > 0 ? decoded.slice(0, colon) : undefined);
  const password = entry.password ?? (colon > 0 ? decoded.slice(colon + 1) : undefined);
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(entry.identitytoken === undefined ? {} : { identityToken: entry.identitytoken }),
    serverAddress: registry,
  };
}

/** Keys are hosts, with a scheme, a port and a path prefix if wanted. */
function placeOf(key: string): { readonly host: string; readonly path: string } {
  const [host = "", ...path] = key
    .replace(/^https?:\/\//, "")
    .replace(/\/v[12]\/?$/, "")
    .split("/");
  const hub = host === "index.docker.io" || host === "registry-1.docker.io";
  return { host: hub ? "docker.io" : host, path: path.filter((part) => part !== "").join("/") };
}

/** "*" stands for one part of the host's name. */
function matches(place: ReturnType<typeof placeOf>, { registry, repository }: ImageReference): boolean {
  const wanted = place.host.split(".");
  const actual = registry.split(".");
  const hostFits =
    wanted.length === actual.length && wanted.every((part, index) => globFits(part, actual[index] ?? ""));
  return hostFits && (place.path === "" || repository === place.path || repository.startsWith(`${place.path}/`));
}

function globFits(pattern: string, text: string): boolean {
  if (!pattern.includes("*")) return pattern === text;
  const expression = pattern
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${expression}$`).test(text);
}
