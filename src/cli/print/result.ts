/** What a command that changes objects prints of each: `deployment.apps/web created`, or the object with -o. */
import { objectPrinter } from "./output-format.ts";

export interface ResultFlags {
  readonly output?: string;
  readonly showManagedFields?: boolean;
}

export type ResultPrinter = (label: string, done: string, object: object) => void;

export async function resultPrinter(flags: ResultFlags): Promise<ResultPrinter> {
  if (!flags.output) return (label, done) => process.stdout.write(`${label} ${done}\n`);
  const print = await objectPrinter(flags.output, {
    showManagedFields: Boolean(flags.showManagedFields),
    noHeaders: false,
  });
  return (_label, _done, object) => process.stdout.write(print(object));
}
