/** The server as the agent sees it from another host: proto/agent.ts over a session's calls. */
import { type DesiredKind, type DesiredStateSink, podKinds, type ServerLink } from "../../../proto/agent.ts";
import { agentService } from "../../../proto/wire/service.ts";
import type { Node } from "../../machinery/types/core/v1.ts";
import type { Session } from "./session.ts";

export interface DesiredSource {
  subscribe(sink: DesiredStateSink, kinds: readonly DesiredKind[]): () => void;
}

/** `connected` waits for a connection for a while, then rejects. */
export function remoteServer(connected: () => Promise<Session>, desired: DesiredSource): ServerLink {
  return {
    async register(node) {
      const { json } = await (await connected()).call(agentService.register, { json: bytesOf(node) });
      return JSON.parse(json.toString()) as Node;
    },
    async updateNodeStatus(status) {
      await (await connected()).call(agentService.updateNodeStatus, { json: bytesOf(status) });
    },
    async renewLease(durationSeconds) {
      await (await connected()).call(agentService.renewLease, { durationSeconds });
    },
    async reportPodStatuses(reports) {
      const session = await connected();
      const { gone } = await session.call(agentService.reportPodStatuses, {
        reports: reports.map(({ pod, status }) => ({ pod: { ...pod }, status: bytesOf(status) })),
      });
      return gone.map((one) => (one ? "gone" : "ok"));
    },
    async confirmPodStopped(pod) {
      await (await connected()).call(agentService.confirmPodStopped, pod);
    },
    async requestToken(pod, { serviceAccount, audience = "", expirationSeconds }) {
      const request = { pod: { ...pod }, serviceAccount, audience, expirationSeconds };
      return await (await connected()).call(agentService.requestToken, request);
    },
    async recordEvents(events) {
      await (await connected()).call(agentService.recordEvents, { json: events.map(bytesOf) });
    },
    subscribe: (sink, kinds = podKinds) => desired.subscribe(sink, kinds),
  };
}

function bytesOf(object: object): Buffer {
  return Buffer.from(JSON.stringify(object));
}
