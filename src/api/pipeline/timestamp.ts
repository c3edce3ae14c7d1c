let second = -1;
let text = "";

/** metav1.Time: RFC 3339 in whole seconds, UTC. The text of a second is made once. */
export function timestamp(milliseconds: number): string {
  const now = Math.floor(milliseconds / 1000);
  if (now !== second) {
    second = now;
    text = `${new Date(now * 1000).toISOString().slice(0, 19)}Z`;
  }
  return text;
}
