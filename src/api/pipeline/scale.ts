/** The scale subresource: a Scale made of the object, and a Scale that sets the object's replicas. */
import type { ScalePaths } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { decodeParsed } from "../../machinery/schema/decode-body.ts";
import { schemaOf } from "../../machinery/schema/load.ts";
import { labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import { badRequest, conflict, invalid, preconditionUid } from "../../machinery/status/errors.ts";
import { invalidValue } from "../../machinery/status/field-errors.ts";
import type { Scale } from "../../machinery/types/autoscaling/v1.ts";
import type { LabelSelector } from "../../machinery/types/meta/v1.ts";
import type { PatchBody } from "../client/types.ts";
import { cloneJson } from "../serialize/json.ts";
import { type ApplyParameters, apply } from "./apply.ts";
import { change, MissingError } from "./change.ts";
import { get } from "./get.ts";
import { applyPatch, namesRevision } from "./patch.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "./types.ts";

const scaleKind = { group: "autoscaling", version: "v1", kind: "Scale" } as const;

export async function getScale(pipeline: Pipeline, call: Call): Promise<Outcome> {
  const { object, revision } = await get(pipeline, call);
  return outcome(scaleOf(object, pathsOf(call)), revision);
}

export function updateScale(pipeline: Pipeline, call: Call, body: object, write: WriteParameters): Promise<Outcome> {
  return setScale(pipeline, call, write, () => cloneJson(body));
}

export function patchScale(pipeline: Pipeline, call: Call, body: PatchBody, write: WriteParameters): Promise<Outcome> {
  const insists = namesRevision(body);
  return setScale(pipeline, call, write, (scale) => {
    const patched = cloneJson(applyPatch(scale, body, scaleSchema())) as { metadata?: Partial<Scale["metadata"]> };
    // The revision that the patch was applied to is not one that the client asks for.
    const { metadata } = patched;
    if (!insists && metadata?.resourceVersion === scale.metadata.resourceVersion) delete metadata?.resourceVersion;
    return patched;
  });
}

/**
 * Applied as what the scale is a part of: the fields are the object's own, owned under the subresource's name
 * (k8s.io/apiserver's ScaleHandler).
 */
export async function applyScale(
  pipeline: Pipeline,
  call: Call,
  body: Readonly<Record<string, unknown>>,
  parameters: ApplyParameters,
): Promise<Outcome> {
  const { resource, name } = call;
  const { object: scale } = decodeParsed(
    cloneJson(body),
    { ...scaleKind, schema: scaleSchema() },
    parameters.fieldValidation,
  );
  const replicas = (scale.spec as { replicas?: number } | undefined)?.replicas;
  const { resourceVersion, uid } = scale.metadata;
  const config: Record<string, unknown> = {
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    metadata: {
      name: scale.metadata.name ?? name,
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(uid ? { uid } : {}),
    },
  };
  if (replicas !== undefined) setPath(config, pathsOf(call).specReplicasPath, replicas);
  const { object, revision } = await apply(pipeline, call, config, parameters);
  return outcome(scaleOf(object, pathsOf(call)), revision);
}

function scaleSchema() {
  return schemaOf("k8s.io/api/autoscaling/v1.Scale");
}

async function setScale(
  pipeline: Pipeline,
  call: Call,
  write: WriteParameters,
  next: (scale: Scale) => object,
): Promise<Outcome> {
  const paths = pathsOf(call);
  const { resource, name } = call;
  try {
    const done = await change(pipeline, call, write, (old) => {
      const expected = { ...scaleKind, schema: scaleSchema() };
      const { object: wanted, warnings } = decodeParsed(next(scaleOf(old, paths)), expected, write.fieldValidation);
      call.warnings.push(...warnings);
      const { uid, resourceVersion } = wanted.metadata;
      if (wanted.metadata.name && wanted.metadata.name !== name) {
        throw badRequest(
          `the name of the object (${wanted.metadata.name}) does not match the name on the URL (${name})`,
        );
      }
      if (uid && uid !== old.metadata.uid) throw preconditionUid(resource, name, uid, old.metadata.uid ?? "");
      if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) throw conflict(resource, name);
      const replicas = (wanted.spec as { replicas?: number } | undefined)?.replicas ?? 0;
      if (replicas < 0) {
        throw invalid(scaleKind, name, [invalidValue("spec.replicas", replicas, "must be greater than or equal to 0")]);
      }
      const object = cloneJson(old);
      setPath(object, paths.specReplicasPath, replicas);
      if (!resourceVersion) delete object.metadata.resourceVersion;
      return object;
    });
    return outcome(scaleOf(done.object, paths), done.revision);
  } catch (error) {
    throw error instanceof MissingError ? error.status : error;
  }
}

function pathsOf({ resource }: Call): ScalePaths {
  const { scale } = resource.definition.subresources;
  if (scale === undefined) throw new Error(`${resource.resource} have no scale`);
  return scale;
}

function scaleOf(object: UnstructuredObject, paths: ScalePaths): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorOf(object, paths);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: { replicas: Number(getPath(object, paths.specReplicasPath) ?? 0) },
    status: {
      replicas: Number(getPath(object, paths.statusReplicasPath) ?? 0),
      ...(selector === "" ? {} : { selector }),
    },
  };
}

function selectorOf(object: UnstructuredObject, { labelSelectorPath }: ScalePaths): string {
  const selector = getPath(object, labelSelectorPath ?? ".spec.selector");
  if (typeof selector === "string") return selector;
  if (typeof selector !== "object" || selector === null) return "";
  if ("matchLabels" in selector || "matchExpressions" in selector)
    return labelSelectorFrom(selector as LabelSelector).toString();
  // A ReplicationController's selector is a plain map.
  return labelSelectorFrom({ matchLabels: selector as Record<string, string> }).toString();
}

function segments(path: string): string[] {
  return path.split(".").filter((segment) => segment !== "");
}

function getPath(object: object, path: string): unknown {
  let value: unknown = object;
  for (const segment of segments(path)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[segment];
  }
  return value;
}

function setPath(object: object, path: string, value: unknown): void {
  const names = segments(path);
  const last = names.pop();
  if (last === undefined) return;
  let target = object as Record<string, unknown>;
  for (const name of names) {
    const inner = target[name];
    if (typeof inner === "object" && inner !== null) target = inner as Record<string, unknown>;
    else {
      const made: Record<string, unknown> = {};
      target[name] = made;
      target = made;
    }
  }
  target[last] = value;
}

function outcome(scale: Scale, revision: number): Outcome {
  return {
    object: scale as unknown as UnstructuredObject,
    bytes: Buffer.from(JSON.stringify(scale), "utf8"),
    revision,
  };
}
