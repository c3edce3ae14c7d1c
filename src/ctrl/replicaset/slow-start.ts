/**
 * Runs `action` `count` times in batches of 1, 2, 4, … at once, and stops after a batch in which one failed: a quota that
 * is used up or a template that admission refuses then costs one request instead of hundreds. Resolves with how many
 * succeeded and the first error.
 */
export async function slowStart(
  count: number,
  action: () => Promise<void>,
): Promise<{ succeeded: number; error?: unknown }> {
  let remaining = count;
  let succeeded = 0;
  for (let batch = Math.min(remaining, 1); batch > 0; batch = Math.min(2 * batch, remaining)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, action));
    const failed = results.filter((result) => result.status === "rejected");
    succeeded += batch - failed.length;
    if (failed[0]) return { succeeded, error: failed[0].reason };
    remaining -= batch;
  }
  return { succeeded };
}
