export interface ProxyPath {
  /** Up to and with "proxy". */
  readonly prefix: string;
  /** What the target is asked for: path and query; undefined where the client's path ends with "proxy", without a slash. */
  readonly target: string;
  readonly bare: boolean;
  readonly query: string;
  /** The path that the client asked for. */
  readonly asked: string;
}

/** `url` as the client has sent it; `depth`: how many segments its prefix has. */
export function proxyPath(url: string, depth: number): ProxyPath {
  const mark = url.indexOf("?");
  const asked = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? "" : url.slice(mark);
  let end = 0;
  for (let count = 0; count < depth && end >= 0; count++) end = asked.indexOf("/", end + 1);
  const prefix = end < 0 ? asked : asked.slice(0, end);
  const rest = end < 0 ? "" : asked.slice(end);
  return { prefix, target: (rest || "/") + query, bare: rest === "", query, asked };
}
