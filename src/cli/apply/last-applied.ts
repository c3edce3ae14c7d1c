/** The annotation in which client-side apply remembers what the user said last. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";

export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** The object as the user wrote it, with itself in its annotation: byte for byte what kubectl stores. */
export function withLastApplied(object: UnstructuredObject): UnstructuredObject {
  const plain = withoutLastApplied(object);
  const annotations = {
    ...plain.metadata.annotations,
    [lastAppliedAnnotation]: `${compactJson(withAnnotations(plain))}\n`,
  };
  return { ...plain, metadata: { ...plain.metadata, annotations } };
}

/** Undefined where the object was never applied. */
export function lastAppliedOf(object: UnstructuredObject): UnstructuredObject | undefined {
  const text = object.metadata.annotations?.[lastAppliedAnnotation];
  return text === undefined || text === "" ? undefined : (JSON.parse(text) as UnstructuredObject);
}

function withoutLastApplied(object: UnstructuredObject): UnstructuredObject {
  const { annotations } = object.metadata;
  if (!annotations || !(lastAppliedAnnotation in annotations)) return object;
  const { [lastAppliedAnnotation]: _, ...rest } = annotations;
  return { ...object, metadata: { ...object.metadata, annotations: rest } };
}

/** kubectl writes `"annotations":{}` even where there are none. */
function withAnnotations(object: UnstructuredObject): UnstructuredObject {
  return { ...object, metadata: { ...object.metadata, annotations: object.metadata.annotations ?? {} } };
}

/** Keys sorted, as Go's encoder writes maps. */
function compactJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === "object" && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
