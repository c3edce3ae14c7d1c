/** POST serviceaccounts/NAME/token (pkg/registry/core/serviceaccount/storage/token.go). */
import { randomUUID } from "node:crypto";
import type { FieldError } from "../../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { decodeParsed } from "../../../machinery/schema/decode-body.ts";
import { schemaOf } from "../../../machinery/schema/load.ts";
import { badRequest, conflict, invalid, notFound } from "../../../machinery/status/errors.ts";
import { invalidValue } from "../../../machinery/status/field-errors.ts";
import type { BoundObjectReference, TokenRequestSpec } from "../../../machinery/types/authentication/v1.ts";
import type { PodSpec } from "../../../machinery/types/core/v1.ts";
import type { SubresourceHook } from "../../kinds/types.ts";
import { admitSubresource } from "../../pipeline/admit-subresource.ts";
import { timestamp } from "../../pipeline/timestamp.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "../../pipeline/types.ts";
import { cloneJson } from "../../serialize/json.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import { bytesOf } from "../../serialize/template.ts";
import { issuer, type TokenClaims, type TokenSigner } from "./token-signer.ts";

const group = "authentication.k8s.io";
const kind = "TokenRequest";
const shortest = 600;
const longest = 2 ** 32;
const usual = 3600;
/** What the token that every pod gets is asked for with: it is good for a year, so that a late renewal breaks no client. */
const projected = 3607;
const extended = 365 * 24 * 3600;

export function tokenRequest(signer: TokenSigner): SubresourceHook {
  return { method: "POST", run: (pipeline, call, body, write) => issue(signer, pipeline, call, body, write) };
}

async function issue(
  signer: TokenSigner,
  pipeline: Pipeline,
  call: Call,
  body: object,
  write: WriteParameters,
): Promise<Outcome> {
  const expected = { group, version: "v1", kind, schema: schemaOf("k8s.io/api/authentication/v1.TokenRequest") };
  const { object, warnings } = decodeParsed(cloneJson(body), expected, write.fieldValidation);
  call.warnings.push(...warnings);
  const spec = (object.spec ?? {}) as TokenRequestSpec;
  const { expirationSeconds = usual, audiences = [] } = spec;
  const errors = validate(expirationSeconds);
  if (errors.length > 0) throw invalid({ group, kind }, call.name, errors);
  const account = await find(pipeline, `serviceaccounts/${call.namespace}/${call.name}`);
  if (account === undefined) throw notFound(call.resource, call.name);
  await admitSubresource(pipeline, call, object, write.dryRun);
  const bound = spec.boundObjectRef ? await boundTo(pipeline, call, spec.boundObjectRef) : {};
  const now = Math.floor(pipeline.clock.now() / 1000);
  const aud = audiences.length > 0 ? audiences : [issuer];
  const isExtended = bound.pod && expirationSeconds === projected && aud.every((audience) => audience === issuer);
  const due = now + expirationSeconds;
  const claims: TokenClaims = {
    aud,
    exp: isExtended ? now + extended : due,
    iat: now,
    iss: issuer,
    jti: randomUUID(),
    "kubernetes.io": {
      namespace: call.namespace,
      serviceaccount: { name: call.name, uid: account.metadata.uid ?? "" },
      ...bound,
      ...(isExtended ? { warnafter: due } : {}),
    },
    nbf: now,
    sub: `system:serviceaccount:${call.namespace}:${call.name}`,
  };
  const answer: UnstructuredObject = {
    kind,
    apiVersion: `${group}/v1`,
    metadata: { name: call.name, namespace: call.namespace, creationTimestamp: timestamp(pipeline.clock.now()) },
    spec: { ...spec, audiences: aud, expirationSeconds },
    status: { token: write.dryRun ? "" : signer.sign(claims), expirationTimestamp: timestamp(due * 1000) },
  };
  return { object: answer, bytes: bytesOf(answer), revision: 0, created: true };
}

function validate(seconds: number): FieldError[] {
  const field = "spec.expirationSeconds";
  if (seconds < shortest) return [invalidValue(field, seconds, "may not specify a duration less than 10 minutes")];
  if (seconds > longest) return [invalidValue(field, seconds, "may not specify a duration larger than 2^32 seconds")];
  return [];
}

type Bound = Pick<TokenClaims["kubernetes.io"], "pod" | "secret" | "node">;

async function boundTo(pipeline: Pipeline, call: Call, reference: BoundObjectReference): Promise<Bound> {
  const { kind: what = "", apiVersion = "", name = "", uid = "" } = reference;
  const plural = apiVersion === "v1" ? plurals[what] : undefined;
  if (plural === undefined) throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${what}`);
  const key = plural === "nodes" ? `nodes/${name}` : `${plural}/${call.namespace}/${name}`;
  const object = await find(pipeline, key);
  if (object === undefined) throw notFound({ group: "", resource: plural }, name);
  const own = object.metadata.uid ?? "";
  if (uid !== "" && uid !== own) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: "", resource: plural }, name, why);
  }
  if (plural === "secrets") return { secret: { name, uid: own } };
  if (plural === "nodes") return { node: { name, uid: own } };
  const { serviceAccountName, nodeName } = (object.spec ?? {}) as PodSpec;
  if (serviceAccountName !== call.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(call.name)} to pod running with different serviceaccount name.`,
    );
  }
  const node = nodeName ? await find(pipeline, `nodes/${nodeName}`) : undefined;
  return {
    pod: { name, uid: own },
    ...(node && nodeName ? { node: { name: nodeName, uid: node.metadata.uid ?? "" } } : {}),
  };
}

const plurals: Readonly<Record<string, "pods" | "secrets" | "nodes">> = {
  Pod: "pods",
  Secret: "secrets",
  Node: "nodes",
};

async function find(pipeline: Pipeline, key: string): Promise<UnstructuredObject | undefined> {
  const entry = await pipeline.store.get(`/registry/${key}`);
  return entry && parsedOf(entry.value);
}
