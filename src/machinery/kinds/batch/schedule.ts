/** Cron schedules as Kubernetes reads them (robfig/cron's standard form): five fields, or a descriptor such as "@daily". */

const descriptors = new Set(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]);

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const fields: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];

/** Why a text is no schedule; undefined where it is one. */
export function isSchedule(text: string): string | undefined {
  if (text.startsWith("@")) {
    if (descriptors.has(text)) return undefined;
    if (/^@every ([0-9.]+(ns|us|\u00b5s|ms|s|m|h))+$/.test(text)) return undefined;
    return `unrecognized descriptor: ${text}`;
  }
  const parts = text.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  }
  for (const [i, part] of parts.entries()) {
    const field = fields[i];
    if (field === undefined) continue;
    for (const range of part.split(",")) {
      const reason = rangeFault(range, field);
      if (reason !== undefined) return reason;
    }
  }
  return undefined;
}

function rangeFault(text: string, field: Field): string | undefined {
  const [range = "", step, ...rest] = text.split("/");
  if (rest.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined && !/^[0-9]+$/.test(step))
    return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (step !== undefined && Number(step) === 0) return `step of range should be a positive number: ${text}`;
  if (range === "*" || range === "?") return undefined;
  const ends = range.split("-");
  if (ends.length > 2) return `too many hyphens: ${text}`;
  const numbers: number[] = [];
  for (const end of ends) {
    const number = numberOf(end, field);
    if (number === undefined) return `failed to parse int from ${end}: strconv.Atoi: parsing "${end}": invalid syntax`;
    numbers.push(number);
  }
  const [start = 0, end = start] = numbers;
  if (start < field.min) return `beginning of range (${start}) below minimum (${field.min}): ${text}`;
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return undefined;
}

function numberOf(text: string, field: Field): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const name = field.names?.indexOf(text.toLowerCase()) ?? -1;
  return name < 0 ? undefined : name + field.min;
}
