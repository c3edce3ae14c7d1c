/** -o custom-columns=NAME:.metadata.name,…: https://kubernetes.io/docs/reference/kubectl/#custom-columns */
import { ExitError } from "../exit-error.ts";
import { goValue } from "./go-syntax.ts";
import { itemsOf, type ObjectPrinter } from "./items.ts";
import { evaluatePath } from "./jsonpath/evaluate.ts";
import { parseRelaxedPath } from "./jsonpath/parse.ts";
import { alignRows } from "./table.ts";

export function customColumnsPrinter(spec: string, options: { fromFile: boolean; noHeaders: boolean }): ObjectPrinter {
  const columns = options.fromFile ? columnsOfFile(spec) : columnsOfFlag(spec);
  let headerPrinted = options.noHeaders;
  return (object) => {
    const rows = itemsOf(object).map((item) =>
      columns.map(({ path }) => {
        const values = evaluatePath(path, item).filter((value) => value !== null && value !== undefined);
        return values.length === 0 ? "<none>" : values.map(goValue).join(",");
      }),
    );
    const header = headerPrinted ? [] : [columns.map(({ name }) => name)];
    headerPrinted = true;
    return alignRows([...header, ...rows]);
  };
}

function columnsOfFlag(spec: string) {
  return spec.split(",").map((part) => {
    const colon = part.indexOf(":");
    if (colon < 0) {
      throw new ExitError(1, `error: unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    }
    return { name: part.slice(0, colon), path: parseRelaxedPath(part.slice(colon + 1)) };
  });
}

function columnsOfFile(text: string) {
  const [headers = "", paths = ""] = text.split("\n");
  const names = headers.trim().split(/\s+/);
  const expressions = paths.trim().split(/\s+/);
  if (names.length !== expressions.length) {
    throw new ExitError(
      1,
      `error: number of columns (${names.length}) and json-path expressions (${expressions.length}) differ`,
    );
  }
  return names.map((name, index) => ({ name, path: parseRelaxedPath(expressions[index] ?? "") }));
}
