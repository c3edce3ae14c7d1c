/** The parts that the tables of all kinds are made of. Texts and layouts are those of kube-apiserver's server-side tables. */
import type { KubeObject } from "../meta/object.ts";
import { ageSince } from "./human-duration.ts";
import type { Column } from "./types.ts";

export interface Table {
  readonly columns: readonly Column[];
  cells(object: KubeObject, now: number): unknown[];
}

/** `cells` gives what `columns` announce, in that order, for an object of type T. */
export function table<T>(columns: readonly Column[], cells: (object: T, now: number) => unknown[]): Table {
  return { columns, cells: cells as unknown as Table["cells"] };
}

export function column(name: string, type: Column["type"], description: string): Column {
  return { name, type, description, priority: 0 };
}

/** Shown by -o wide alone. */
export function wide(name: string, type: Column["type"], description: string): Column {
  return { name, type, description, priority: 1 };
}

export const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
};

const creationTimestamp =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

export const ageColumn: Column = column("Age", "string", creationTimestamp);
export const createdAtColumn: Column = { ...column("Created At", "date", creationTimestamp) };

export function age(object: KubeObject, now: number): string {
  return ageSince(object.metadata.creationTimestamp, now);
}

/** What a kind prints that says nothing of its own. */
export const nameAndAge: Table = table<KubeObject>([nameColumn, ageColumn], (object, now) => [
  object.metadata.name,
  age(object, now),
]);

export const containersColumn: Column = wide("Containers", "string", "Names of each container in the template.");
export const imagesColumn: Column = wide("Images", "string", "Images referenced by each container in the template.");

export function containerNames(containers: readonly { readonly name: string }[] | undefined): string {
  return (containers ?? []).map((container) => container.name).join(",");
}

export function containerImages(containers: readonly { readonly image?: string }[] | undefined): string {
  return (containers ?? []).map((container) => container.image ?? "").join(",");
}
