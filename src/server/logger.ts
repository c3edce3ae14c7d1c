/**
 * Logs to stderr as JSON lines through pino. It is loaded with the first line that is really written (a quiet start does
 * without it); lines that come before it is there wait in order.
 */
import type { Logger } from "../machinery/logger.ts";
import type { LogLevel } from "./config.ts";

const order: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function createLogger(level: LogLevel): Logger {
  let target: Logger | undefined;
  let waiting: ((logger: Logger) => void)[] | undefined;

  const emit = (line: (logger: Logger) => void): void => {
    if (target) {
      line(target);
    } else if (waiting) {
      waiting.push(line);
    } else {
      waiting = [line];
      void load();
    }
  };
  const load = async (): Promise<void> => {
    // CommonJS: bundled, it has no names but its default.
    const { default: pino } = await import("pino");
    const destination = pino.destination({ fd: 2, sync: true });
    const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
    target = logger;
    for (const line of waiting ?? []) line(logger);
    waiting = undefined;
  };

  const loggerWith = (bindings: object): Logger => {
    const method = (at: LogLevel) =>
      order.indexOf(at) < order.indexOf(level)
        ? () => undefined
        : (fields: object, message: string) => emit((logger) => logger[at]({ ...bindings, ...fields }, message));
    return {
      debug: method("debug"),
      info: method("info"),
      warn: method("warn"),
      error: method("error"),
      child: (fields) => loggerWith({ ...bindings, ...fields }),
    };
  };
  return loggerWith({});
}
