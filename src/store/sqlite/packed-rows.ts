/**
 * Rows on their way between threads: all values in one piece of memory that changes hands instead of being copied, all
 * numbers in another. A structured clone of as many small objects costs several times the commit.
 */
export interface PackedRows {
  readonly keys: readonly string[];
  /** numbersPerRow for each. */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface PackedRow {
  readonly key: string;
  readonly revision: number;
  readonly createRevision: number;
  readonly previousRevision: number;
  readonly deleted: boolean;
  readonly slot: number;
  /** Empty for a delete: its value is the one before it. */
  readonly value: Buffer;
  /** Only in events: the value under previousRevision, else empty. */
  readonly previous: Buffer;
}

const numbersPerRow = 7;
const nothing = Buffer.alloc(0);

export function packRows(rows: readonly PackedRow[]): PackedRows {
  const keys: string[] = [];
  const numbers = new Float64Array(rows.length * numbersPerRow);
  let size = 0;
  for (const { value, previous } of rows) size += value.length + previous.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  let field = 0;
  for (const row of rows) {
    keys.push(row.key);
    numbers[field++] = row.revision;
    numbers[field++] = row.createRevision;
    numbers[field++] = row.previousRevision;
    numbers[field++] = row.deleted ? 1 : 0;
    numbers[field++] = row.slot;
    numbers[field++] = row.value.length;
    numbers[field++] = row.previous.length;
    bytes.set(row.value, at);
    at += row.value.length;
    if (row.previous.length === 0) continue;
    bytes.set(row.previous, at);
    at += row.previous.length;
  }
  return { keys, numbers, bytes };
}

/** The values are views of the packed memory. */
export function unpackRows({ keys, numbers, bytes }: PackedRows): PackedRow[] {
  const memory = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rows: PackedRow[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    if (length === 0) return nothing;
    at += length;
    return memory.subarray(at - length, at);
  };
  for (let i = 0, field = 0; i < keys.length; i++, field += numbersPerRow) {
    const number = (offset: number): number => numbers[field + offset] as number;
    rows.push({
      key: keys[i] as string,
      revision: number(0),
      createRevision: number(1),
      previousRevision: number(2),
      deleted: number(3) === 1,
      slot: number(4),
      value: take(number(5)),
      previous: take(number(6)),
    });
  }
  return rows;
}

/** What may change hands instead of being copied. */
export function memoryOf(rows: PackedRows): ArrayBuffer[] {
  return [rows.numbers.buffer, rows.bytes.buffer];
}
