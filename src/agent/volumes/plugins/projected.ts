import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Pod, ServiceAccountTokenProjection, VolumeProjection } from "../../../machinery/types/core/v1.ts";
import { configMapFiles, downwardApiFiles, type Files, secretFiles } from "./payload.ts";
import type { VolumeContext, VolumePlugin } from "./types.ts";
import { defaultFileMode, writeSecretFiles } from "./written.ts";

/** https://kubernetes.io/docs/concepts/storage/projected-volumes/ */
export const projected: VolumePlugin = {
  name: "projected",
  readOnly: true,
  supports: (volume) => volume.projected !== undefined,
  hostPath: ({ folder }) => folder,
  setUp: write,
  refresh: write,
};

async function write(context: VolumeContext): Promise<void> {
  const { sources = [], defaultMode = defaultFileMode } = context.volume.projected ?? {};
  const files: Files = new Map();
  const errors: string[] = [];
  for (const source of sources) {
    try {
      for (const [path, file] of await filesOf(context, source, defaultMode)) files.set(path, file);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  // Go's form of several errors at once.
  if (errors.length > 0) throw new Error(errors.length === 1 ? errors[0] : `[${[...new Set(errors)].join(", ")}]`);
  await writeSecretFiles(context, files);
}

async function filesOf(context: VolumeContext, source: VolumeProjection, defaultMode: number): Promise<Files> {
  if (source.configMap) return configMapFiles(context, source.configMap, defaultMode);
  if (source.secret) return secretFiles(context, source.secret, defaultMode);
  if (source.downwardAPI) return downwardApiFiles(context, source.downwardAPI.items ?? [], defaultMode);
  if (source.serviceAccountToken) return tokenFile(context, source.serviceAccountToken, defaultMode);
  throw new Error(`projected volume sources of type ${Object.keys(source).join(", ")} are not supported`);
}

async function tokenFile(
  { pod, host, folder }: VolumeContext,
  source: ServiceAccountTokenProjection,
  defaultMode: number,
): Promise<Files> {
  if (!host.tokens) throw new Error("failed to fetch token: this server does not issue service account tokens");
  let token: string;
  try {
    const request = {
      ...(source.audience ? { audience: source.audience } : {}),
      expirationSeconds: source.expirationSeconds ?? 3600,
    };
    const written = () => readFile(join(folder, source.path), "utf8").catch(() => undefined);
    token = await host.tokens.token(pod, request, written);
  } catch (error) {
    throw new Error(`failed to fetch token: ${(error as Error).message}`, { cause: error });
  }
  const uid = soleUser(pod);
  const narrow = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
  const mode = narrow ? 0o600 : defaultMode;
  return new Map([[source.path, { content: Buffer.from(token), mode, ...(uid === undefined ? {} : { uid }) }]]);
}

/** The user that every container runs as, if they all say the same: then the token is theirs alone. Only root can give it to them. */
function soleUser(pod: Pod): number | undefined {
  const { spec } = pod;
  if (!spec || process.getuid?.() !== 0) return undefined;
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      (container) => container.securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  return users.size === 1 ? [...users][0] : undefined;
}
