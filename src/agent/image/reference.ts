/** Names of images, in the grammar of distribution: https://github.com/distribution/reference */

const domainPart = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const pathPart = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const name = `(?:${domain}/)?${pathPart}(?:/${pathPart})*`;
const grammar = new RegExp(
  `^(${name})(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
);

export class InvalidImageNameError extends Error {
  override name = "InvalidImageNameError";
}

export interface ImageReference {
  /** "docker.io" where the name has none. */
  readonly registry: string;
  /** With "library/" for Docker Hub's short names. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Throws InvalidImageNameError with the words of the kubelet. */
export function parseImage(image: string): ImageReference {
  const [, full, tag, digest] = grammar.exec(image) ?? [];
  if (full === undefined) {
    const upper = grammar.test(image.toLowerCase()) ? "repository name must be lowercase" : undefined;
    throw new InvalidImageNameError(
      `couldn't parse image name "${image}": ${upper ? `invalid reference format: ${upper}` : "invalid reference format"}`,
    );
  }
  const slash = full.indexOf("/");
  const first = slash < 0 ? "" : full.slice(0, slash);
  const named = first.includes(".") || first.includes(":") || first === "localhost" || /[A-Z]/.test(first);
  const registry = !named || first === "index.docker.io" ? "docker.io" : first;
  const rest = named ? full.slice(slash + 1) : full;
  return {
    registry,
    repository: registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** ":latest" where there is neither tag nor digest; the name stays as short as it is, for Docker resolves it. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseImage(image);
  return tag === undefined && digest === undefined ? `${image}:latest` : image;
}

/** What the API server fills in; repeated here for pods that come without. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  const { tag, digest } = parseImage(image);
  return digest === undefined && (tag === undefined || tag === "latest") ? "Always" : "IfNotPresent";
}
