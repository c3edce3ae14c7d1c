/** -o FORMAT, for everything but the tables of `get`. */
import { readFileSync } from "node:fs";
import { ExitError } from "../exit-error.ts";
import { itemsOf, type ObjectPrinter } from "./items.ts";
import { toJson, toName, toYaml, withoutManagedFields } from "./object.ts";

export interface PrinterOptions {
  readonly showManagedFields: boolean;
  readonly noHeaders: boolean;
  /** --template: in place of what may stand behind the equals sign. */
  readonly template?: string;
}

const known = "custom-columns,custom-columns-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,wide,yaml";

export async function objectPrinter(format: string, options: PrinterOptions): Promise<ObjectPrinter> {
  const strip = (object: object): object => (options.showManagedFields ? object : withoutManagedFields(object));
  const equals = format.indexOf("=");
  const [name, argument] = equals < 0 ? [format, undefined] : [format.slice(0, equals), format.slice(equals + 1)];
  const given = argument || options.template;
  switch (name) {
    case "yaml":
      return (object) => toYaml(strip(object));
    case "json":
      return (object) => toJson(strip(object));
    case "name":
      return (object) => itemsOf(object).map(toName).join("");
    case "jsonpath":
    case "jsonpath-as-json":
    case "jsonpath-file":
      return jsonPathPrinter(name, given);
    case "custom-columns":
    case "custom-columns-file": {
      const { customColumnsPrinter } = await import("./custom-columns.ts");
      const spec = name === "custom-columns-file" ? readFileSync(required(name, given), "utf8") : required(name, given);
      return customColumnsPrinter(spec, { fromFile: name === "custom-columns-file", noHeaders: options.noHeaders });
    }
    default:
      throw new ExitError(
        1,
        `error: unable to match a printer suitable for the output format "${format}", allowed formats are: ${known}`,
      );
  }
}

function required(name: string, argument: string | undefined): string {
  if (!argument) {
    const what = name.startsWith("custom-columns") ? name : "template";
    throw new ExitError(1, `error: ${what} format specified but no ${what === name ? "custom columns" : what} given`);
  }
  return argument;
}

function readTemplate(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new ExitError(1, `error: error reading --template ${file}, open ${file}: no such file or directory`);
  }
}

async function jsonPathPrinter(name: string, argument: string | undefined): Promise<ObjectPrinter> {
  const text = required(name, argument);
  const template = name === "jsonpath-file" ? readTemplate(text) : text;
  const [{ parseTemplate }, { evaluatePath, evaluateTemplate }, { goSyntax }] = await Promise.all([
    import("./jsonpath/parse.ts"),
    import("./jsonpath/evaluate.ts"),
    import("./go-syntax.ts"),
  ]);
  const fail = (error: unknown): never => {
    throw new ExitError(1, `error: error parsing jsonpath ${template}, ${(error as Error).message}`);
  };
  try {
    const nodes = parseTemplate(template);
    if (name === "jsonpath-as-json") return (object) => toJson(evaluatePath(nodes, object));
    return (object) => {
      try {
        return evaluateTemplate(nodes, object, { allowMissingKeys: true });
      } catch (error) {
        throw new ExitError(
          1,
          `error: error executing jsonpath "${template}": Error executing template: ${(error as Error).message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${template}\n\tobject given to jsonpath engine was:\n\t\t${goSyntax(object)}\n\n`,
        );
      }
    };
  } catch (error) {
    return fail(error);
  }
}
