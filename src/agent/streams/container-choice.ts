/** Which container a stream means, and whether there is anything to stream; the texts are the kubelet's. */
import { LinkError } from "../../../proto/agent.ts";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { ContainerStatus, Pod, PodStatus } from "../../machinery/types/core/v1.ts";
import type { PodOnNode } from "./types.ts";

/** The container that is asked for, or the only one. */
export function chooseContainer(pod: Pod, asked: string | undefined): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const name = pod.metadata.name ?? "";
  if (asked) {
    const all = [...containers, ...initContainers, ...ephemeralContainers];
    if (all.some((container) => container.name === asked)) return asked;
    throw new LinkError("BadRequest", `container ${asked} is not valid for pod ${name}`);
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  const names = containers.map((container) => container.name).join(" ");
  const choose = only ? `, choose one of: [${names}]` : "";
  throw new LinkError("BadRequest", `a container name must be specified for pod ${name}${choose}`);
}

/** The runtime's id of the container whose log is meant. */
export function containerWithLogs({ pod, status }: PodOnNode, container: string, previous: boolean): string {
  const about = `container ${goQuote(container)} in pod ${goQuote(pod.metadata.name ?? "")}`;
  const found = statusOf(status, container);
  if (!found) throw new LinkError("BadRequest", `${about} is not available`);
  const { waiting, running, terminated } = found.state ?? {};
  const last = found.lastState?.terminated;
  if (previous) {
    if (last?.containerID) return runtimeId(last.containerID);
    throw new LinkError("BadRequest", `previous terminated ${about} not found`);
  }
  if (running) return runtimeId(found.containerID ?? "");
  if (terminated || last) {
    const id = terminated?.containerID || last?.containerID;
    if (id) return runtimeId(id);
    throw new LinkError("BadRequest", `${about} is terminated`);
  }
  throw new LinkError(
    "BadRequest",
    `${about} is waiting to start${waiting ? `: ${whyWaiting(waiting.reason)}` : " - no logs yet"}`,
  );
}

function whyWaiting(reason = ""): string {
  if (reason === "ErrImagePull") return "image can't be pulled";
  if (reason === "ImagePullBackOff") return "trying and failing to pull image";
  return reason;
}

/** The runtime's id of a container that runs now. */
export function runningContainer({ status }: PodOnNode, container: string): string {
  const found = statusOf(status, container);
  if (found?.state?.running && found.containerID) return runtimeId(found.containerID);
  throw new LinkError("NotFound", `container not found (${goQuote(container)})`);
}

/** Of whatever kind the container is. */
export function statusOf(status: PodStatus, container: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const all = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses];
  return all.find(({ name }) => name === container);
}

/** "docker://0123" is "0123" for the runtime. */
function runtimeId(containerId: string): string {
  const scheme = containerId.indexOf("://");
  return scheme < 0 ? containerId : containerId.slice(scheme + 3);
}
