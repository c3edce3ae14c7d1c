/** Milliseconds since the process began, also where it was replaced by itself meanwhile (src/cli/lean-process.ts). */
export function sinceProcessStart(): number {
  const began = Number(process.env.KL_STARTED_AT ?? performance.timeOrigin);
  return Math.round(performance.timeOrigin + performance.now() - began);
}
