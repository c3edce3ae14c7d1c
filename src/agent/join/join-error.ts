/** Why this host cannot join, in one line with what to do. Nothing of the token is ever in it. */
export class JoinError extends Error {
  override name = "JoinError";
}
