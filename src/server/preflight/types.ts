/** What a look at the host found before anything was started. One line each: what is wrong, and the cure. */
export interface Finding {
  /** "error" keeps the server from starting; "warning" names what will not work. */
  readonly level: "error" | "warning";
  readonly message: string;
}
