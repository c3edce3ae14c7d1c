/** Time, injected wherever it matters, so that tests turn a fake clock and never sleep. */
export interface Clock {
  /** Milliseconds since the epoch. It jumps when the machine's clock is set: for what is compared with times of objects. */
  now(): number;
  /** Milliseconds since some moment in the past. It never jumps: for how long something took, or has to wait. */
  elapsed(): number;
  /** Calls back once, after so many milliseconds. Returns a function that cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The machine's own time. Its timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
