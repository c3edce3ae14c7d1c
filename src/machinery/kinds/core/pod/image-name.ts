/**
 * The tag of an image reference as defaults look at it: "latest" where neither tag nor digest is given, undefined where
 * only a digest is.
 */
export function imageTag(image: string): string | undefined {
  const at = image.indexOf("@");
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(":");
  if (colon > named.lastIndexOf("/")) return named.slice(colon + 1);
  return at < 0 ? "latest" : undefined;
}

/** Always for what moves (":latest"), IfNotPresent for the rest. */
export function defaultPullPolicy(image: string | undefined): "Always" | "IfNotPresent" {
  return imageTag(image ?? "") === "latest" ? "Always" : "IfNotPresent";
}
