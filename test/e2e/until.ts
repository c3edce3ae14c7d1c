/** Asks again until the answer satisfies; fails with the last answer when the time is over. */
export async function until<T>(
  ask: () => Promise<T>,
  satisfied: (answer: T) => boolean,
  { timeout = 60_000, interval = 100 }: { timeout?: number; interval?: number } = {},
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await ask();
    if (satisfied(answer)) return answer;
    if (Date.now() > end)
      throw new Error(`not within ${timeout} ms; last: ${JSON.stringify(answer, null, 1).slice(0, 4000)}`);
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
