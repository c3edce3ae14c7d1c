/** What went wrong with single objects while the others went on: printed together at the end, exit code 1. */
import { StatusError } from "../machinery/status/error.ts";
import { ExitError } from "./exit-error.ts";
import { errorLine, serverErrorLine } from "./print/error.ts";

/** The error with what was being done when it came; it stays the error that it is. */
export function withContext(error: unknown, doing: string): unknown {
  if (!(error instanceof StatusError)) return error;
  return new StatusError({ ...error.status, message: `${doing}: ${error.message}` }, { cause: error });
}

export class Failures {
  readonly #errors: { readonly error: StatusError | ExitError; readonly doing: string | undefined }[] = [];

  /** `doing`: "error when creating "web.yaml"". Throws what is no failure of a single object. */
  add(error: unknown, doing?: string): void {
    if (!(error instanceof StatusError || error instanceof ExitError)) throw error;
    this.#errors.push({ error, doing });
  }

  throwIfAny(): void {
    const [first, ...more] = this.#errors;
    if (!first) return;
    // Alone, an error has the form it has without the others: that of invalid objects is a list.
    if (more.length === 0 && first.error instanceof StatusError) {
      throw new ExitError(1, errorLine(first.error, first.doing));
    }
    throw new ExitError(
      1,
      this.#errors
        .map(({ error, doing }) => (error instanceof StatusError ? serverErrorLine(error, doing) : error.message))
        .join("\n"),
    );
  }
}
