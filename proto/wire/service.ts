/** The service of agent.proto, as gRPC libraries want it. */
import type { Codec } from "./codec.ts";
import * as messages from "./messages.ts";

/** Where an error's own form (a Status, or a LinkError's reason) travels beside gRPC's code and text. */
export const errorTrailer = "kl-error-bin";

/** Objects are 3 MiB at most; batches are cut far below. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** How much of a stream is under way at once: beyond a network's usual bandwidth times delay. */
export const flowControlWindow = 1024 * 1024;

export interface MethodDefinition<Req, Res> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Partial<Req>) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Req;
  readonly responseSerialize: (value: Partial<Res>) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Res;
}

function method<Req, Res>(
  name: string,
  request: Codec<Req>,
  response: Codec<Res>,
  streams: boolean,
): MethodDefinition<Req, Res> {
  return {
    path: `/kl.agent.v1.Agent/${name}`,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: (value) => request.encode(value),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (value) => response.encode(value),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
}

export const agentService = {
  connect: method("Connect", messages.fromAgent, messages.fromServer, true),
  follow: method("Follow", messages.fromFollower, messages.desiredBatch, true),
  serve: method("Serve", messages.fromPod, messages.toPod, true),
  register: method("Register", messages.object, messages.object, false),
  updateNodeStatus: method("UpdateNodeStatus", messages.object, messages.empty, false),
  renewLease: method("RenewLease", messages.leaseRenewal, messages.empty, false),
  reportPodStatuses: method("ReportPodStatuses", messages.podStatuses, messages.podStatusAnswers, false),
  confirmPodStopped: method("ConfirmPodStopped", messages.podRef, messages.empty, false),
  requestToken: method("RequestToken", messages.tokenRequest, messages.token, false),
  recordEvents: method("RecordEvents", messages.objects, messages.empty, false),
} as const;
