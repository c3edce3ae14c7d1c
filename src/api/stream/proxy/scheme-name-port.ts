export interface SchemeNamePort {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number or a port's name; "" where none was given. */
  readonly port: string;
}

/** "web", "web:80", "https:web:8443", "https:web:"; undefined for what is none of them (utilnet.SplitSchemeNamePort). */
export function splitSchemeNamePort(id: string): SchemeNamePort | undefined {
  const parts = id.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length > 3) return undefined;
  const [scheme, name, port] = parts.length === 3 ? [first, second, third] : ["", first, second];
  if (scheme !== "" && scheme !== "http" && scheme !== "https") return undefined;
  return name === "" ? undefined : { scheme: scheme === "https" ? "https" : "http", name, port };
}
