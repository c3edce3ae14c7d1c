import { hostPortsConflict } from "../../machinery/kinds/core/pod/ports.ts";
import type { Plugin, Refusal } from "../framework/types.ts";

const refusal: Refusal = { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };

/** Two pods of one node cannot have the same host port. */
export const nodePorts: Plugin = {
  name: "NodePorts",
  sign: (pod) => (pod.hostPorts.length === 0 ? "" : JSON.stringify(pod.hostPorts)),
  filter(pod, snapshot) {
    const ports = pod.hostPorts;
    if (ports.length === 0) return undefined;
    return {
      reads: "load",
      passes: (slot) => !snapshot.portsTaken(slot, ports),
      refusal: () => refusal,
    };
  },
  mayHelp(pod, event) {
    if (event.kind === "nodeAdded") return true;
    if (event.kind === "nodeUpdated") return false;
    return event.pod.hostPorts.some((freed) => pod.hostPorts.some((wanted) => hostPortsConflict(freed, wanted)));
  },
};
