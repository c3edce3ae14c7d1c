/**
 * The queues of a priority level: shuffle sharding decides where a flow's requests wait, virtual time who is next, so that
 * flows share by the work that they cause and not by how many requests they send (KEP-1040).
 */

export interface Waiting {
  /** Seats it will take. */
  readonly width: number;
  /** Of its flow. */
  readonly hash: number;
}

/** What a request is taken to last until it is known, in seconds. */
export const guessedDuration = 0.003;

export interface Queue<W extends Waiting> {
  requests: W[];
  /** Virtual time, in seat-seconds, at which the first of `requests` starts. */
  start: number;
  /** Seats of its requests, those that wait and those that run: what makes a queue long. */
  seats: number;
}

export class FairQueues<W extends Waiting> {
  readonly #queues: Queue<W>[];
  readonly #handSize: number;
  readonly #lengthLimit: number;
  /** Queues with somebody in them. */
  readonly #busy = new Set<Queue<W>>();
  #virtualTime = 0;
  #waiting = 0;
  #waitingSeats = 0;

  constructor(queues: number, handSize: number, lengthLimit: number) {
    this.#queues = Array.from({ length: queues }, () => ({ requests: [], start: 0, seats: 0 }));
    this.#handSize = Math.min(handSize, queues);
    this.#lengthLimit = lengthLimit;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get waitingSeats(): number {
    return this.#waitingSeats;
  }

  /** Into the least loaded queue of the flow's hand. undefined: that queue is full. */
  enqueue(request: W): Queue<W> | undefined {
    let best: Queue<W> | undefined;
    for (const index of handOf(request.hash, this.#queues.length, this.#handSize)) {
      const queue = this.#queues[index];
      if (queue !== undefined && (best === undefined || queue.seats < best.seats)) best = queue;
    }
    if (best === undefined || best.requests.length >= this.#lengthLimit) return undefined;
    // A flow that comes back after a pause has no credit from it.
    if (best.requests.length === 0) best.start = Math.max(best.start, this.#virtualTime);
    best.requests.push(request);
    best.seats += request.width;
    this.#busy.add(best);
    this.#waiting++;
    this.#waitingSeats += request.width;
    return best;
  }

  /** The queue whose turn it is, of those whose first request, `requests[0]`, takes no more than `widest` seats. */
  peek(widest = Number.POSITIVE_INFINITY): Queue<W> | undefined {
    let next: Queue<W> | undefined;
    for (const queue of this.#busy) {
      if ((queue.requests[0]?.width ?? 0) > widest) continue;
      if (next === undefined || queue.start < next.start) next = queue;
    }
    return next;
  }

  /** Takes the first request out of a queue that peek() gave: it runs from here on. */
  dispatch(queue: Queue<W>): W | undefined {
    const request = queue.requests.shift();
    if (request === undefined) return undefined;
    this.#virtualTime = Math.max(this.#virtualTime, queue.start);
    queue.start += request.width * guessedDuration;
    this.#left(queue, request);
    return request;
  }

  /** Takes out a request that does not wait any longer. False: it is not here. */
  remove(request: W): boolean {
    for (const index of handOf(request.hash, this.#queues.length, this.#handSize)) {
      const queue = this.#queues[index];
      const at = queue?.requests.indexOf(request) ?? -1;
      if (queue === undefined || at < 0) continue;
      queue.requests.splice(at, 1);
      queue.seats -= request.width;
      this.#left(queue, request);
      return true;
    }
    return false;
  }

  /** A request that was dispatched is over: the guess gives way to what it really took, in seconds. */
  finished(queue: Queue<W>, { width }: W, duration: number): void {
    queue.seats -= width;
    queue.start += width * (duration - guessedDuration);
  }

  /** Everybody who waits, taken out: for the queues that take the place of these. */
  drain(): W[] {
    const all = [...this.#busy].flatMap(({ requests }) => requests);
    for (const request of all) this.remove(request);
    return all;
  }

  #left(queue: Queue<W>, { width }: W): void {
    this.#waiting--;
    this.#waitingSeats -= width;
    if (queue.requests.length === 0) this.#busy.delete(queue);
  }
}

/** So many different queues of all, always the same for the same flow, and for another flow most likely others. */
export function handOf(hash: number, queues: number, size: number): number[] {
  const hand: number[] = [];
  let state = hash | 0;
  while (hand.length < size) {
    // mulberry32: the flow's hash is the seed of what its hand is dealt by.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const index = ((mixed ^ (mixed >>> 14)) >>> 0) % queues;
    if (!hand.includes(index)) hand.push(index);
  }
  return hand;
}

/** FNV-1a, 32 bits. */
export function flowHash(schema: string, flow: string): number {
  let hash = 0x811c9dc5;
  const text = `${schema}\0${flow}`;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
