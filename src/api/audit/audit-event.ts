/** One request as audit.k8s.io/v1 Event, stage by stage. */
import type { Clock } from "../../machinery/clock.ts";
import type { Status } from "../../machinery/types/meta/v1.ts";
import type { UserInfo } from "../client/types.ts";
import type { Audited } from "./auditor.ts";
import type { Ruling, Stage } from "./policy.ts";

interface ObjectMetadata {
  readonly uid?: string;
  readonly name?: string;
  readonly resourceVersion?: string;
  readonly managedFields?: unknown;
}

type AnyObject = Readonly<Record<string, unknown>> & { readonly metadata?: ObjectMetadata };

export class AuditEvent {
  readonly id: string;
  readonly #audited: Audited;
  readonly #ruling: Ruling;
  readonly #clock: Clock;
  readonly #write: (stage: Stage, line: () => string) => void;
  readonly #received: string;
  readonly #annotations: Record<string, string> = {};
  #impersonated: UserInfo | undefined;
  #request: unknown;
  #response: unknown;
  #status: Partial<Status> | undefined;
  #done = false;

  constructor(
    id: string,
    audited: Audited,
    ruling: Ruling,
    clock: Clock,
    write: (stage: Stage, line: () => string) => void,
  ) {
    this.id = id;
    this.#audited = audited;
    this.#ruling = ruling;
    this.#clock = clock;
    this.#write = write;
    this.#received = microTime(clock.now());
  }

  get wantsRequest(): boolean {
    return this.#ruling.level === "Request" || this.#ruling.level === "RequestResponse";
  }

  get wantsResponse(): boolean {
    return this.#ruling.level === "RequestResponse";
  }

  impersonates(user: UserInfo): void {
    this.#impersonated = user;
  }

  annotate(annotations: Readonly<Record<string, string>>): void {
    // What was said first stands, as in kube-apiserver.
    for (const [name, value] of Object.entries(annotations)) this.#annotations[name] ??= value;
  }

  request(object: unknown): void {
    if (this.wantsRequest) this.#request = object;
  }

  response(code: number, object?: unknown): void {
    const status =
      (object as { readonly kind?: string } | undefined)?.kind === "Status" ? (object as Status) : undefined;
    const { status: outcome, message, reason } = status ?? {};
    this.#status = {
      metadata: {},
      ...(outcome === undefined ? {} : { status: outcome }),
      ...(message === undefined ? {} : { message }),
      ...(reason === undefined ? {} : { reason }),
      code,
    };
    if (this.wantsResponse) this.#response = object;
  }

  /** ResponseComplete is written once, whoever says it first. */
  stage(stage: Stage): void {
    if (stage === "ResponseComplete") {
      if (this.#done) return;
      this.#done = true;
    }
    this.#write(stage, () => JSON.stringify(this.#event(stage)));
  }

  #event(stage: Stage): object {
    const { user, requestUri, sourceIps, userAgent, attributes } = this.#audited;
    const { verb, resource } = attributes;
    const began = stage !== "RequestReceived";
    return {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: this.#ruling.level,
      auditID: this.id,
      stage,
      requestURI: requestUri,
      verb,
      user: userOf(user),
      ...(this.#impersonated === undefined ? {} : { impersonatedUser: userOf(this.#impersonated) }),
      ...(sourceIps.length === 0 ? {} : { sourceIPs: sourceIps }),
      ...(userAgent === undefined ? {} : { userAgent }),
      ...(resource === undefined ? {} : { objectRef: this.#reference() }),
      ...(this.#status === undefined ? {} : { responseStatus: this.#status }),
      ...(began && this.#request !== undefined ? { requestObject: this.#told(this.#request) } : {}),
      ...(began && this.#response !== undefined ? { responseObject: this.#told(this.#response) } : {}),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: microTime(this.#clock.now()),
      ...(Object.keys(this.#annotations).length === 0 ? {} : { annotations: this.#annotations }),
    };
  }

  #reference(): object {
    const { group, version, resource, subresource, namespace, name } = this.#audited.attributes;
    const { uid, resourceVersion, name: sent } = (this.#request as AnyObject | undefined)?.metadata ?? {};
    const given = name || sent;
    return {
      resource,
      ...(namespace ? { namespace } : {}),
      ...(given ? { name: given } : {}),
      ...(uid ? { uid } : {}),
      ...(group ? { apiGroup: group } : {}),
      apiVersion: version,
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(subresource ? { subresource } : {}),
    };
  }

  #told(object: unknown): unknown {
    return this.#ruling.omitManagedFields ? withoutManagedFields(object) : object;
  }
}

function withoutManagedFields(object: unknown): unknown {
  if (typeof object !== "object" || object === null) return object;
  const { metadata, items } = object as AnyObject & { readonly items?: unknown };
  const copy: Record<string, unknown> = { ...object };
  if (metadata?.managedFields !== undefined) {
    const { managedFields: _, ...rest } = metadata;
    copy.metadata = rest;
  }
  if (Array.isArray(items)) copy.items = items.map(withoutManagedFields);
  return copy;
}

function userOf({ name: username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

/** meta/v1 MicroTime. */
function microTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
}
