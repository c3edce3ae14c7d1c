import type { Node, NodeCondition, NodeStatus } from "../../machinery/types/core/v1.ts";

const architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** Marks simulated nodes, so that a selector can keep pods on or off them. */
const simulatedLabel = "kl.dev/simulated";

export function nodeObject(name: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/arch": architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        [simulatedLabel]: "true",
      },
    },
    spec: {},
  };
}

/** As large as a big machine, so that the default limits of a test are those of the pods, not of the nodes. */
export function nodeStatus(name: string, address: string, now: string): NodeStatus {
  const resources = { cpu: "32", memory: "256Gi", "ephemeral-storage": "500Gi", pods: "110" };
  const condition = (type: string, status: "True" | "False", reason: string, message: string): NodeCondition => ({
    ...{ type, status, reason, message },
    ...{ lastHeartbeatTime: now, lastTransitionTime: now },
  });
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: "InternalIP", address },
      { type: "Hostname", address: name },
    ],
    conditions: [
      condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "simulated"),
      condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "simulated"),
      condition("PIDPressure", "False", "KubeletHasSufficientPID", "simulated"),
      condition("Ready", "True", "KubeletReady", "the node is simulated: its pods have no containers"),
    ],
    nodeInfo: {
      architecture,
      bootID: "",
      containerRuntimeVersion: "simulated://1.0.0",
      kernelVersion: "0.0.0-simulated",
      kubeProxyVersion: "",
      kubeletVersion: "v1.36.0",
      machineID: name,
      operatingSystem: "linux",
      osImage: "simulated",
      systemUUID: name,
    },
  };
}
