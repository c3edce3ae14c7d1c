import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Cluster } from "../cluster.ts";
import type { Sheet } from "./sheet.ts";

export interface DescribeContext {
  readonly cluster: Cluster;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** Writes what is known of one object, events excepted. */
export type Describer<T = UnstructuredObject> = (
  sheet: Sheet,
  object: T,
  context: DescribeContext,
) => void | Promise<void>;
