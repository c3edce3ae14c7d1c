/** Values as Go's fmt prints them, where kubectl's output is just that. */

/** `%v`: "map[a:1 b:[x y]]", as in custom columns. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (typeof value === "object") {
    return `map[${sorted(value)
      .map(([key, entry]) => `${key}:${goValue(entry)}`)
      .join(" ")}]`;
  }
  return String(value);
}

/** `%#v`: as in the long errors of -o jsonpath. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return "interface {}(nil)";
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(", ")}}`;
  if (typeof value === "object") {
    return `map[string]interface {}{${sorted(value)
      .map(([key, entry]) => `${JSON.stringify(key)}:${goSyntax(entry)}`)
      .join(", ")}}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
