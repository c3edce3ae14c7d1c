/**
 * One agent's flow of desired state: batches on demand out of the outbox, no more of them under way than the agent has
 * room for. What cannot be sent waits as objects, not as bytes.
 */
import type { DesiredKind, ServerLink } from "../../../proto/agent.ts";
import type { DesiredBatch, Follow, FromFollower } from "../../../proto/wire/messages.ts";
import type { ObjectBytesCache } from "./object-bytes.ts";
import { Outbox } from "./outbox.ts";
import type { Turns } from "./turns.ts";

const batchBytes = 128 * 1024;
/** Not yet applied by the agent. */
const maxBatches = 4;

export interface FollowCall {
  on(event: "data", listener: (message: FromFollower) => void): unknown;
  on(event: "end" | "cancelled" | "error", listener: () => void): unknown;
  write(batch: Partial<DesiredBatch>): boolean;
  end(): void;
}

/** Returns a function that ends it. */
export function serveFollower(
  call: FollowCall,
  link: Pick<ServerLink, "subscribe">,
  bytes: ObjectBytesCache,
  turns: Turns,
): () => void {
  let outbox: Outbox | undefined;
  let unsubscribe: () => void = () => undefined;
  let sequence = 0;
  let applied = 0;
  let syncedTold = false;
  let scheduled = false;
  let asked = false;
  let ended = false;

  const pump = (): void => {
    scheduled = false;
    if (ended || !outbox?.isSynced) return;
    while (sequence - applied < maxBatches && !(outbox.isEmpty && syncedTold)) {
      const reset = outbox.takeReset();
      const changes = outbox.take(batchBytes);
      const synced = !syncedTold && outbox.isEmpty;
      syncedTold ||= synced;
      sequence++;
      call.write({ sequence, reset, changes, synced });
    }
  };
  // Once a turn: what changes together travels together.
  const schedule = (): void => {
    if (scheduled || ended) return;
    scheduled = true;
    setImmediate(pump);
  };
  const begin = ({ kinds, known }: Follow): void => {
    if (ended) return;
    outbox = new Outbox(known, bytes, schedule);
    unsubscribe = link.subscribe(outbox, kinds as DesiredKind[]);
  };
  const end = (): void => {
    if (ended) return;
    ended = true;
    unsubscribe();
    call.end();
  };

  call.on("data", (message) => {
    const { follow } = message;
    // The first picture is the costly one, and after a restart all agents ask for theirs.
    if (follow && !asked) turns.add(() => begin(follow));
    asked ||= follow !== undefined;
    if (message.applied > applied) {
      applied = message.applied;
      schedule();
    }
  });
  call.on("end", end);
  call.on("cancelled", end);
  call.on("error", end);
  return end;
}
