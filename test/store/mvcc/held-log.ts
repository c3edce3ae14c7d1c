import type { RevisionLog } from "../../../src/store/mvcc/log.ts";

/** A log whose appends wait until the test says how they end; everything else goes to the real one. */
export class HeldLog implements RevisionLog {
  readonly #log: RevisionLog;
  readonly held: { readonly revisions: number[]; commit: () => Promise<void>; fail: (error: Error) => void }[] = [];

  constructor(log: RevisionLog) {
    this.#log = log;
  }

  append(writes: Parameters<RevisionLog["append"]>[0]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.held.push({
        revisions: writes.map(({ row }) => row.modRevision),
        commit: async () => {
          await this.#log.append(writes);
          resolve();
        },
        fail: reject,
      });
    });
  }

  get: RevisionLog["get"] = (...args) => this.#log.get(...args);
  list: RevisionLog["list"] = (...args) => this.#log.list(...args);
  events: RevisionLog["events"] = (...args) => this.#log.events(...args);
  beginCompaction: RevisionLog["beginCompaction"] = (...args) => this.#log.beginCompaction(...args);
  compactStep: RevisionLog["compactStep"] = () => this.#log.compactStep();
  bytes: RevisionLog["bytes"] = () => this.#log.bytes();
  close: RevisionLog["close"] = () => this.#log.close();
}
