import type { SelectFlags } from "../rest/select.ts";

export interface GetFlags extends SelectFlags {
  readonly output?: string;
  readonly watch?: boolean;
  readonly watchOnly?: boolean;
  readonly outputWatchEvents?: boolean;
  readonly labelColumns?: readonly string[];
  readonly showLabels?: boolean;
  readonly noHeaders?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly showManagedFields?: boolean;
  readonly sortBy?: string;
  readonly showKind?: boolean;
  readonly template?: string;
  readonly subresource?: string;
  readonly raw?: string;
  readonly chunkSize: number;
}
