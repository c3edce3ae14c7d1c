/** metav1.Time, MicroTime and Duration: what Go accepts, what it writes back, and what it says otherwise. */

export class TimeError extends Error {
  override name = "TimeError";
}

const secondsForm = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** RFC 3339, to the second, in UTC. Throws TimeError with Go's words. */
export function canonicalTime(text: string): string {
  if (secondsForm.test(text)) return text;
  const { milliseconds } = parse(text, "2006-01-02T15:04:05Z07:00");
  return `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with six decimals, in UTC. */
export function canonicalMicroTime(text: string): string {
  const { milliseconds, fraction } = parse(text, "2006-01-02T15:04:05.000000Z07:00");
  return `${new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, "0")}Z`;
}

function parse(text: string, layout: string): { milliseconds: number; fraction: string } {
  let rest = text;
  const fail = (element: string): never => {
    throw new TimeError(
      `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${element}"`,
    );
  };
  const outOfRange = (what: string): never => {
    throw new TimeError(`parsing time ${JSON.stringify(text)}: ${what} out of range`);
  };
  const digits = (count: number, element: string): number => {
    const part = rest.slice(0, count);
    if (part.length < count || !/^\d+$/.test(part)) fail(element);
    rest = rest.slice(count);
    return Number(part);
  };
  const literal = (char: string): void => {
    if (!rest.startsWith(char)) fail(char);
    rest = rest.slice(1);
  };
  const year = digits(4, "2006");
  literal("-");
  const month = digits(2, "01");
  if (month < 1 || month > 12) outOfRange("month");
  literal("-");
  const day = digits(2, "02");
  literal("T");
  const hour = digits(2, "15");
  if (hour > 23) outOfRange("hour");
  literal(":");
  const minute = digits(2, "04");
  if (minute > 59) outOfRange("minute");
  literal(":");
  const second = digits(2, "05");
  if (second > 59) outOfRange("second");
  const fraction = /^[.,](\d+)/.exec(rest)?.[1] ?? "";
  if (fraction !== "") rest = rest.slice(fraction.length + 1);
  else if (layout.includes(".000000")) fail(".000000");
  let offset = 0;
  if (rest.startsWith("Z")) rest = rest.slice(1);
  else {
    const zone = /^([+-])(\d\d):(\d\d)/.exec(rest);
    if (!zone) fail("Z07:00");
    else {
      offset = (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) * 60_000;
      rest = rest.slice(6);
    }
  }
  if (rest !== "") throw new TimeError(`parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCDate() !== day) outOfRange("day");
  date.setUTCHours(hour, minute, second);
  return { milliseconds: date.getTime() - offset, fraction };
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** time.ParseDuration, in nanoseconds. */
export function parseGoDuration(text: string): bigint {
  const bad = (): never => {
    throw new TimeError(`time: invalid duration ${JSON.stringify(text)}`);
  };
  const match = /^([+-]?)(.*)$/s.exec(text);
  const body = match?.[2] ?? "";
  if (body === "0") return 0n;
  if (body === "") bad();
  let total = 0n;
  let rest = body;
  while (rest !== "") {
    const part = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [all = "", whole = "", decimals = "", unit = ""] = part ?? [];
    if (whole === "" && decimals === "") bad();
    if (unit === "") throw new TimeError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const size = units[unit];
    if (size === undefined) {
      throw new TimeError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    total += BigInt(whole || "0") * size + (BigInt(decimals || "0") * size) / 10n ** BigInt(decimals.length);
    if (total > 2n ** 63n - 1n) bad();
    rest = rest.slice(all.length);
  }
  return match?.[1] === "-" ? -total : total;
}

/** time.Duration's String(): "1h0m0s", "1.5s", "100ms". */
export function formatGoDuration(nanos: bigint): string {
  if (nanos === 0n) return "0s";
  const sign = nanos < 0n ? "-" : "";
  const abs = nanos < 0n ? -nanos : nanos;
  const decimal = (value: bigint, unit: bigint): string => {
    const fraction = (value % unit)
      .toString()
      .padStart(unit.toString().length - 1, "0")
      .replace(/0+$/, "");
    return fraction === "" ? `${value / unit}` : `${value / unit}.${fraction}`;
  };
  if (abs < 1000n) return `${sign}${abs}ns`;
  if (abs < 1_000_000n) return `${sign}${decimal(abs, 1000n)}µs`;
  if (abs < 1_000_000_000n) return `${sign}${decimal(abs, 1_000_000n)}ms`;
  const seconds = `${decimal(abs % 60_000_000_000n, 1_000_000_000n)}s`;
  const minutes = abs / 60_000_000_000n;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}
