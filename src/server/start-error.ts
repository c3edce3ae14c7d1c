/** What keeps a server or an agent from starting: one line, or several, each but the first with its own `error: `. */
export class StartError extends Error {
  override name = "StartError";
}
