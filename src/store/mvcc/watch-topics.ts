/** All receivers of one prefix, and the next shorter watched prefix that this one lies under. */
export interface Topic<W> {
  readonly prefix: string;
  readonly members: Set<W>;
  parent: Topic<W> | undefined;
}

/**
 * Finds the watched prefixes of a key without looking at every watch. The prefixes are kept sorted: if any watched prefix
 * is one of the key's, then the last one that is not greater than the key is, or lies under one that is. So one binary
 * search and a walk up the parents find them all.
 */
export class WatchTopics<W> {
  readonly #byPrefix = new Map<string, Topic<W>>();
  #sorted: Topic<W>[] = [];
  #stale = false;

  add(prefix: string, member: W): void {
    let topic = this.#byPrefix.get(prefix);
    if (!topic) {
      topic = { prefix, members: new Set(), parent: undefined };
      this.#byPrefix.set(prefix, topic);
      this.#stale = true;
    }
    topic.members.add(member);
  }

  remove(prefix: string, member: W): void {
    const topic = this.#byPrefix.get(prefix);
    if (!topic?.members.delete(member) || topic.members.size > 0) return;
    this.#byPrefix.delete(prefix);
    this.#stale = true;
  }

  /** The topic with the longest prefix of the key; its parents are the others. */
  deepest(key: string): Topic<W> | undefined {
    if (this.#stale) this.#sort();
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] as Topic<W>).prefix <= key) low = middle + 1;
      else high = middle;
    }
    let topic = this.#sorted[low - 1];
    while (topic && !key.startsWith(topic.prefix)) topic = topic.parent;
    return topic;
  }

  #sort(): void {
    this.#sorted = [...this.#byPrefix.values()].sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    let last: Topic<W> | undefined;
    for (const topic of this.#sorted) {
      while (last && !topic.prefix.startsWith(last.prefix)) last = last.parent;
      topic.parent = last;
      last = topic;
    }
    this.#stale = false;
  }
}
