/** What agents ask of the server, from messages to the node's link. */
import type { ServerLink } from "../../../proto/agent.ts";
import type * as messages from "../../../proto/wire/messages.ts";
import type { Event, Node, NodeStatus, PodStatus } from "../../machinery/types/core/v1.ts";

const nobody = { namespace: "", name: "", uid: "" };

export const unaryCalls = {
  async register(link: ServerLink, { json }: messages.ObjectMessage): Promise<messages.ObjectMessage> {
    return { json: bytesOf(await link.register(parsed<Node>(json))) };
  },
  async updateNodeStatus(link: ServerLink, { json }: messages.ObjectMessage): Promise<messages.Empty> {
    await link.updateNodeStatus(parsed<NodeStatus>(json));
    return {};
  },
  async renewLease(link: ServerLink, { durationSeconds }: messages.LeaseRenewal): Promise<messages.Empty> {
    await link.renewLease(durationSeconds);
    return {};
  },
  async reportPodStatuses(link: ServerLink, { reports }: messages.PodStatuses): Promise<messages.PodStatusAnswers> {
    const answers = await link.reportPodStatuses(
      reports.map(({ pod, status }) => ({ pod: pod ?? nobody, status: parsed<PodStatus>(status) })),
    );
    return { gone: answers.map((answer) => answer === "gone") };
  },
  async confirmPodStopped(link: ServerLink, pod: messages.PodRefMessage): Promise<messages.Empty> {
    await link.confirmPodStopped(pod);
    return {};
  },
  async requestToken(
    link: ServerLink,
    { pod, serviceAccount, audience, expirationSeconds }: messages.TokenRequestMessage,
  ): Promise<messages.TokenMessage> {
    const request = { serviceAccount, expirationSeconds, ...(audience ? { audience } : {}) };
    return { ...(await link.requestToken(pod ?? nobody, request)) };
  },
  async recordEvents(link: ServerLink, { json }: messages.ObjectsMessage): Promise<messages.Empty> {
    await link.recordEvents(json.map((bytes) => parsed<Event>(bytes)));
    return {};
  },
};

function parsed<T>(json: Buffer): T {
  return JSON.parse(json.toString()) as T;
}

function bytesOf(object: object): Buffer {
  return Buffer.from(JSON.stringify(object));
}
