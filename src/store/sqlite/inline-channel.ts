import type { Engine } from "./engine.ts";
import { errorOf, faultOf } from "./faults.ts";
import type { Answer, Request } from "./protocol.ts";
import type { EngineChannel } from "./sqlite-log.ts";

/** The engine in this very thread: for a store in memory, where no disk is waited for. */
export class InlineChannel implements EngineChannel {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async ask(request: Request): Promise<Answer> {
    try {
      return this.#engine.handle(request);
    } catch (error) {
      throw errorOf(faultOf(error));
    }
  }

  bytes(): number {
    return this.#engine.bytes();
  }

  async end(): Promise<void> {
    this.#engine.close();
  }
}
