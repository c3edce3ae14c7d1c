import type { Pod } from "../../machinery/types/core/v1.ts";
import { emit, type PodContext } from "../pod/context.ts";
import type { PodView } from "../pod/view.ts";
import { actuateResizes, outdatedContainers } from "./actuation.ts";
import { type Allocation, firstAllocation, isAllocated, wishedAllocation, withAllocation } from "./allocation.ts";
import type { ResizeRefusal } from "./capacity.ts";

/** The resizes of one pod (KEP-1287): wished for in its spec, agreed to by the node, set in what runs. */
export class PodResize {
  readonly #context: PodContext;
  #allocation: Allocation;
  #refusal: ResizeRefusal | undefined;
  #failure: string | undefined;
  #underWay = false;

  constructor(context: PodContext, pod: Pod) {
    this.#context = context;
    this.#allocation = firstAllocation(pod);
  }

  /** Whether something is left that may come about by itself. */
  get waits(): boolean {
    return this.#failure !== undefined || this.#refusal?.reason === "Deferred";
  }

  /** Why the newest wish waits. */
  get refusal(): ResizeRefusal | undefined {
    return this.#refusal;
  }

  /** Why what was agreed to could not be set. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The pod with the resources that the node has agreed to. */
  allocated(pod: Pod): Pod {
    return withAllocation(pod, this.#allocation);
  }

  /** Agrees to what the pod wishes where the node has it. */
  admit(pod: Pod): void {
    if (isAllocated(pod, this.#allocation)) {
      this.#refusal = undefined;
      return;
    }
    const before = this.#refusal;
    this.#refusal = this.#context.resizeRefusal(pod);
    if (this.#refusal === undefined) {
      this.#allocation = wishedAllocation(pod);
      this.#underWay = true;
      this.#tell(pod, "Normal", "ResizeStarted", "Pod resize started");
    } else if (before?.message !== this.#refusal.message) {
      const { reason, message } = this.#refusal;
      this.#tell(pod, "Warning", `Resize${reason}`, `Pod resize ${reason}`, message);
    }
  }

  /** Sets what was agreed to in the containers that run on. Resolves with whether anything was set. */
  async actuate(pod: Pod, view: PodView): Promise<boolean> {
    const before = this.#failure;
    const { resized, failure } = await actuateResizes(this.#context, pod, view);
    this.#failure = failure;
    if (this.#failure !== undefined && this.#failure !== before) {
      this.#tell(pod, "Warning", "ResizeError", "Pod resize error", this.#failure);
    }
    return resized > 0;
  }

  /** Whether all is as agreed: told once. */
  settle(pod: Pod, view: PodView): void {
    if (!this.#underWay || outdatedContainers(pod, view).length > 0) return;
    this.#underWay = false;
    this.#tell(pod, "Normal", "ResizeCompleted", "Pod resize completed");
  }

  #tell(pod: Pod, type: "Normal" | "Warning", reason: string, text: string, error?: string): void {
    const containers = (pod.spec?.containers ?? []).map(({ name, resources }) => ({ name, resources }));
    const { generation } = pod.metadata;
    const details = { containers, generation, ...(error === undefined ? {} : { error }) };
    emit(this.#context, pod, undefined, type, reason, `${text}: ${JSON.stringify(details)}`);
  }
}
