import type { DesiredKind, DesiredStateSink } from "../../proto/agent.ts";
import { type KubeObject, keyOf } from "../../src/machinery/meta/object.ts";

/** Keeps what an agent would know, and every call in order. */
export class RecordingSink implements DesiredStateSink {
  readonly calls: string[] = [];
  readonly known = new Map<string, KubeObject>();

  get isSynced(): boolean {
    return this.calls.includes("synced");
  }
  reset(): void {
    this.calls.push("reset");
    this.known.clear();
  }
  set(kind: DesiredKind, object: KubeObject): void {
    this.calls.push(`set ${kind} ${keyOf(object)}`);
    this.known.set(`${kind} ${keyOf(object)}`, object);
  }
  remove(kind: DesiredKind, { namespace, name }: { namespace: string; name: string }): void {
    const key = namespace ? `${namespace}/${name}` : name;
    this.calls.push(`remove ${kind} ${key}`);
    this.known.delete(`${kind} ${key}`);
  }
  synced(): void {
    this.calls.push("synced");
  }
}
