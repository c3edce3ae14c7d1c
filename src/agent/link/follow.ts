import type * as messages from "../../../proto/wire/messages.ts";
import { agentService } from "../../../proto/wire/service.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { DesiredMirror } from "./desired-mirror.ts";
import type { Session } from "./session.ts";

/** Keeps the mirror current over one session: it says what it has and hears what it lacks. Returns a function that ends it. */
export function followDesired(session: Session, mirror: DesiredMirror, log: Logger): () => void {
  const kinds = mirror.wanted;
  const call = session.bidi(agentService.follow);
  let ended = false;
  const fail = (error: unknown): void => {
    if (ended) return;
    ended = true;
    log.warn({ err: error }, "the desired state cannot be followed");
    session.close("the desired state cannot be followed");
  };
  call.on("data", (batch: messages.DesiredBatch) => {
    if (ended) return;
    session.alive();
    try {
      mirror.apply(batch, kinds);
    } catch (error) {
      return fail(error);
    }
    call.write({ applied: batch.sequence });
  });
  call.on("error", fail);
  call.on("end", () => fail(new Error("the server has ended it")));
  call.write({ follow: { kinds: [...kinds], known: mirror.known(kinds) } });
  return () => {
    ended = true;
    call.cancel();
  };
}
