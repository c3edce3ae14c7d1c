import type { Clock } from "../machinery/clock.ts";

/** After so long a missing event is taken as lost, and the cache as true (kube's ExpectationsTimeout). */
const expiry = 5 * 60 * 1000;

interface Expectation {
  creations: number;
  readonly deletions: Set<string>;
  readonly since: number;
}

/**
 * What a controller has done and has not yet seen in its cache. A reconciliation that creates or deletes first says what
 * it expects; until the informer has shown all of it, the next one must not count the cache, or it would create too many.
 * As UIDTrackingControllerExpectations of kube-controller-manager: deletions by uid, because an informer may tell of one
 * deletion twice (when its timestamp is set, and when the object is gone).
 */
export class Expectations {
  readonly #clock: Clock;
  readonly #byController = new Map<string, Expectation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the cache may be believed about the controller's objects. */
  satisfied(controller: string): boolean {
    const expectation = this.#byController.get(controller);
    if (!expectation) return true;
    if (expectation.creations <= 0 && expectation.deletions.size === 0) return true;
    return this.#clock.elapsed() - expectation.since > expiry;
  }

  expectCreations(controller: string, count: number): void {
    this.expect(controller, count, []);
  }

  expectDeletions(controller: string, uids: Iterable<string>): void {
    this.expect(controller, 0, uids);
  }

  expect(controller: string, creations: number, deletions: Iterable<string>): void {
    this.#byController.set(controller, { creations, deletions: new Set(deletions), since: this.#clock.elapsed() });
  }

  /** The cache shows one more, or the creation failed. */
  creationObserved(controller: string, count = 1): void {
    const expectation = this.#byController.get(controller);
    if (expectation) expectation.creations -= count;
  }

  /** The cache shows that the object goes or is gone, or its deletion failed. */
  deletionObserved(controller: string, uid: string): void {
    this.#byController.get(controller)?.deletions.delete(uid);
  }

  /** The controller's object is gone. */
  forget(controller: string): void {
    this.#byController.delete(controller);
  }
}
