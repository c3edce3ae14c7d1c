/** The messages of agent.proto. Field names are protobuf's in JSON spelling. */
import { boolean, bytes, type Codec, codecOf, integer, message, optionalInteger, repeated, string } from "./codec.ts";

export type Empty = Readonly<Record<never, never>>;
export const empty: Codec<Empty> = codecOf<Empty>({});

export interface ObjectMessage {
  json: Buffer;
}
export const object = codecOf<ObjectMessage>({ json: [1, bytes] });

export interface ObjectsMessage {
  json: Buffer[];
}
export const objects = codecOf<ObjectsMessage>({ json: [1, repeated(bytes)] });

export interface PodRefMessage {
  namespace: string;
  name: string;
  uid: string;
}
export const podRef = codecOf<PodRefMessage>({ namespace: [1, string], name: [2, string], uid: [3, string] });

export interface Hello {
  version: string;
}
export const hello = codecOf<Hello>({ version: [1, string] });

export interface FromAgent {
  hello: Hello | undefined;
  ping: boolean;
}
export const fromAgent = codecOf<FromAgent>({ hello: [1, message(hello)], ping: [2, boolean] });

export interface Welcome {
  version: string;
}
export const welcome = codecOf<Welcome>({ version: [1, string] });

export interface Open {
  id: string;
  method: string;
  pod: PodRefMessage | undefined;
  options: Buffer;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  resize: boolean;
}
export const open = codecOf<Open>({
  id: [1, string],
  method: [2, string],
  pod: [3, message(podRef)],
  options: [4, bytes],
  stdin: [5, boolean],
  stdout: [6, boolean],
  stderr: [7, boolean],
  resize: [8, boolean],
});

export interface FromServer {
  welcome: Welcome | undefined;
  pong: boolean;
  open: Open | undefined;
  cancel: string;
}
export const fromServer = codecOf<FromServer>({
  welcome: [1, message(welcome)],
  pong: [2, boolean],
  open: [3, message(open)],
  cancel: [4, string],
});

export interface Exit {
  code: number | undefined;
}
export const exit = codecOf<Exit>({ code: [1, optionalInteger] });

export interface Failure {
  reason: string;
  message: string;
}
export const failure = codecOf<Failure>({ reason: [1, string], message: [2, string] });

export interface FromPod {
  id: string;
  started: boolean;
  stdout: Buffer;
  stderr: Buffer;
  exit: Exit | undefined;
  failure: Failure | undefined;
  end: boolean;
  stats: Buffer;
}
export const fromPod = codecOf<FromPod>({
  id: [1, string],
  started: [2, boolean],
  stdout: [3, bytes],
  stderr: [4, bytes],
  exit: [5, message(exit)],
  failure: [6, message(failure)],
  end: [7, boolean],
  stats: [8, bytes],
});

export interface Size {
  width: number;
  height: number;
}
export const size = codecOf<Size>({ width: [1, integer], height: [2, integer] });

export interface ToPod {
  stdin: Buffer;
  stdinEnd: boolean;
  size: Size | undefined;
}
export const toPod = codecOf<ToPod>({ stdin: [1, bytes], stdinEnd: [2, boolean], size: [3, message(size)] });

export interface Known {
  kind: string;
  key: string;
  version: string;
}
export const known = codecOf<Known>({ kind: [1, string], key: [2, string], version: [3, string] });

export interface Follow {
  kinds: string[];
  known: Known[];
}
export const follow = codecOf<Follow>({ kinds: [1, repeated(string)], known: [2, repeated<Known>(message(known))] });

export interface FromFollower {
  follow: Follow | undefined;
  applied: number;
}
export const fromFollower = codecOf<FromFollower>({ follow: [1, message(follow)], applied: [2, integer] });

export interface Change {
  kind: string;
  key: string;
  version: string;
  json: Buffer;
}
export const change = codecOf<Change>({
  kind: [1, string],
  key: [2, string],
  version: [3, string],
  json: [4, bytes],
});

export interface DesiredBatch {
  sequence: number;
  reset: boolean;
  changes: Change[];
  synced: boolean;
}
export const desiredBatch = codecOf<DesiredBatch>({
  sequence: [1, integer],
  reset: [2, boolean],
  changes: [3, repeated<Change>(message(change))],
  synced: [4, boolean],
});

export interface LeaseRenewal {
  durationSeconds: number;
}
export const leaseRenewal = codecOf<LeaseRenewal>({ durationSeconds: [1, integer] });

export interface PodStatusReportMessage {
  pod: PodRefMessage | undefined;
  status: Buffer;
}
export const podStatusReport = codecOf<PodStatusReportMessage>({ pod: [1, message(podRef)], status: [2, bytes] });

export interface PodStatuses {
  reports: PodStatusReportMessage[];
}
export const podStatuses = codecOf<PodStatuses>({
  reports: [1, repeated<PodStatusReportMessage>(message(podStatusReport))],
});

export interface PodStatusAnswers {
  gone: boolean[];
}
export const podStatusAnswers = codecOf<PodStatusAnswers>({ gone: [1, repeated(boolean)] });

export interface TokenRequestMessage {
  pod: PodRefMessage | undefined;
  serviceAccount: string;
  audience: string;
  expirationSeconds: number;
}
export const tokenRequest = codecOf<TokenRequestMessage>({
  pod: [1, message(podRef)],
  serviceAccount: [2, string],
  audience: [3, string],
  expirationSeconds: [4, integer],
});

export interface TokenMessage {
  token: string;
  expirationTimestamp: string;
}
export const token = codecOf<TokenMessage>({ token: [1, string], expirationTimestamp: [2, string] });
