/** The syntax tree of a kubectl JSONPath template: https://kubernetes.io/docs/reference/kubectl/jsonpath/ */
export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "path"; readonly steps: readonly Step[] }
  | { readonly type: "range"; readonly steps: readonly Step[]; readonly body: readonly Node[] };

export type Step =
  /** `$`: the whole document, from inside a range too. */
  | { readonly type: "root" }
  /** `@`: what the range or filter stands on. */
  | { readonly type: "current" }
  | { readonly type: "field"; readonly name: string }
  | { readonly type: "wildcard" }
  | { readonly type: "recursive" }
  | {
      readonly type: "slice";
      readonly start?: number;
      readonly end?: number;
      readonly step: number;
      readonly single: boolean;
    }
  | { readonly type: "union"; readonly members: readonly (readonly Step[])[] }
  | {
      readonly type: "filter";
      readonly left: readonly Step[];
      readonly operator?: Operator;
      readonly right?: readonly Step[];
    }
  | { readonly type: "literal"; readonly value: string | number | boolean };

export const operators = ["==", "!=", "<=", ">=", "<", ">"] as const;
export type Operator = (typeof operators)[number];

export class JsonPathError extends Error {
  override name = "JsonPathError";
}
