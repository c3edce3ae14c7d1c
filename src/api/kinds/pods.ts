import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { decodeParsed } from "../../machinery/schema/decode-body.ts";
import { schemaOf } from "../../machinery/schema/load.ts";
import { badRequest, conflict, invalid, noSuchResource, preconditionUid } from "../../machinery/status/errors.ts";
import { notSupported, required } from "../../machinery/status/field-errors.ts";
import type { PodSpec, PodStatus } from "../../machinery/types/core/v1.ts";
import { admitSubresource } from "../pipeline/admit-subresource.ts";
import { change, MissingError } from "../pipeline/change.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "../pipeline/types.ts";
import { cloneJson } from "../serialize/json.ts";
import { evict } from "./eviction.ts";
import { success } from "./success.ts";
import type { KindHooks } from "./types.ts";

export const podHooks: KindHooks = {
  returnsDeletedObject: true,
  subresources: {
    binding: { method: "POST", run: bind },
    eviction: { method: "POST", run: evict },
  },
};

/** The collection that was there before the pods' subresource: POST there binds the pod that the Binding names. */
export const bindingHooks: KindHooks = {
  async evaluate(pipeline, call, object, write) {
    const pods = pipeline.registry.find("v1", "pods");
    if (pods === undefined) throw noSuchResource();
    const { name = "" } = object.metadata;
    return await bind(pipeline, { ...call, resource: pods, name, subresource: "binding" }, object, write);
  },
};

interface Binding extends UnstructuredObject {
  target?: { kind?: string; name?: string };
}

/** Sets spec.nodeName, once, and the condition PodScheduled (pkg/registry/core/pod/storage). */
async function bind(pipeline: Pipeline, call: Call, body: object, write: WriteParameters): Promise<Outcome> {
  const expected = { group: "", version: "v1", kind: "Binding", schema: schemaOf("k8s.io/api/core/v1.Binding") };
  const { object, warnings } = decodeParsed(cloneJson(body), expected, write.fieldValidation);
  call.warnings.push(...warnings);
  const binding = object as Binding;
  const { name = call.name, uid, annotations } = binding.metadata;
  if (name !== call.name && name !== "") throw badRequest("name in URL does not match name in Binding object");
  const { kind = "", name: node = "" } = binding.target ?? {};
  const errors = [];
  if (kind !== "" && kind !== "Node") errors.push(notSupported("target.kind", kind, ["Node", "<empty>"]));
  if (node === "") errors.push(required("target.name"));
  if (errors.length > 0) throw invalid({ group: "", kind: "Binding" }, call.name, errors);
  await admitSubresource(pipeline, call, object, write.dryRun);
  try {
    await change(pipeline, call, write, (old) => {
      if (uid && uid !== old.metadata.uid) throw preconditionUid(call.resource, call.name, uid, old.metadata.uid ?? "");
      return bound(pipeline, call, old, { node, annotations });
    });
  } catch (error) {
    throw error instanceof MissingError ? error.status : error;
  }
  return success(201);
}

function bound(
  pipeline: Pipeline,
  call: Call,
  old: UnstructuredObject,
  { node, annotations }: { node: string; annotations: Readonly<Record<string, string>> | undefined },
): UnstructuredObject {
  const spec = old.spec as PodSpec;
  const refusal = (why: string) => conflict({ group: "", resource: "pods/binding" }, call.name, why);
  if (old.metadata.deletionTimestamp !== undefined) {
    throw refusal(`pod ${call.name} is being deleted, cannot be assigned to a host`);
  }
  if (spec.nodeName) throw refusal(`pod ${call.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
  if ((spec.schedulingGates ?? []).length > 0) {
    throw refusal(`pod ${call.name} has non-empty .spec.schedulingGates`);
  }
  const status = (old.status ?? {}) as PodStatus;
  const scheduled = {
    type: "PodScheduled",
    status: "True" as const,
    lastTransitionTime: timestamp(pipeline.clock.now()),
    ...(old.metadata.generation ? { observedGeneration: old.metadata.generation } : {}),
  };
  const others = (status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  const metadata = { ...old.metadata };
  delete metadata.resourceVersion;
  if (annotations) metadata.annotations = { ...metadata.annotations, ...annotations };
  return {
    ...old,
    metadata,
    spec: { ...spec, nodeName: node },
    status: { ...status, conditions: [...others, scheduled] },
  };
}
