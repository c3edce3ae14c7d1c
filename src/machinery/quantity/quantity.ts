/**
 * resource.Quantity: exact decimal numbers with SI suffixes ("100m", "1.5Gi", "12e6"), at most nine decimal places.
 * Parsing, canonical form and rounding follow k8s.io/apimachinery/pkg/api/resource.
 */

export type QuantityFormat = "BinarySI" | "DecimalSI" | "DecimalExponent";

const wrongFormat = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongSuffix = "unable to parse quantity's suffix";

export class QuantityError extends Error {
  override name = "QuantityError";
}

const shape = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const nano = 1_000_000_000n;
const maxInt64 = 2n ** 63n - 1n;
/** Beyond this an exponent is only a way to exhaust memory. */
const maxExponent = 4096;

const binaryExponents = new Map([
  ["Ki", 10],
  ["Mi", 20],
  ["Gi", 30],
  ["Ti", 40],
  ["Pi", 50],
  ["Ei", 60],
]);
const decimalExponents = new Map([
  ["n", -9],
  ["u", -6],
  ["m", -3],
  ["", 0],
  ["k", 3],
  ["M", 6],
  ["G", 9],
  ["T", 12],
  ["P", 15],
  ["E", 18],
]);
const binarySuffixes = ["", ...binaryExponents.keys()];
const decimalSuffixes = new Map([...decimalExponents].map(([suffix, exponent]) => [exponent, suffix]));

function interpret(suffix: string): { format: QuantityFormat; exponent: number } | undefined {
  const decimal = decimalExponents.get(suffix);
  if (decimal !== undefined) return { format: "DecimalSI", exponent: decimal };
  const binary = binaryExponents.get(suffix);
  if (binary !== undefined) return { format: "BinarySI", exponent: binary };
  if (!/^[eE][+-]?[0-9]+$/.test(suffix)) return undefined;
  const exponent = Number(suffix.slice(1));
  return Math.abs(exponent) <= maxExponent ? { format: "DecimalExponent", exponent } : undefined;
}

/** Divides, rounding away from zero: who asks for something gets something. */
function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  if (quotient * divisor === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

export class Quantity {
  /** In units of 10^-9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  #text: string | undefined;

  constructor(nanos: bigint, format: QuantityFormat, text?: string) {
    this.nanos = nanos;
    this.format = format;
    this.#text = text;
  }

  static readonly zero = new Quantity(0n, "DecimalSI", "0");

  static fromInteger(value: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(value) * nano, format);
  }

  static fromMilli(value: number | bigint, format: QuantityFormat = "DecimalSI"): Quantity {
    return new Quantity(BigInt(value) * 1_000_000n, format);
  }

  /** Throws QuantityError with Kubernetes' words. */
  static parse(text: string): Quantity {
    if (text === "0") return Quantity.zero;
    const match = shape.exec(text);
    if (text === "" || !match) throw new QuantityError(wrongFormat);
    const [, sign, digits = "", decimals = "", suffix = ""] = match;
    const meaning = interpret(suffix);
    if (!meaning) throw new QuantityError(wrongSuffix);
    // Without a digit ("-", ".", "m") it is zero, as in Go.
    const { format, exponent } = meaning;
    const unscaled = BigInt(digits + decimals || "0");
    let nanos: bigint;
    if (format === "BinarySI") {
      nanos = divideUp(unscaled * 2n ** BigInt(exponent) * nano, 10n ** BigInt(decimals.length));
      if (nanos > maxInt64 * nano) nanos = maxInt64 * nano;
    } else {
      const scale = exponent - decimals.length + 9;
      nanos = scale >= 0 ? unscaled * 10n ** BigInt(scale) : divideUp(unscaled, 10n ** BigInt(-scale));
    }
    if (sign === "-") nanos = -nanos;
    const small = format === "BinarySI" && nanos < nano && nanos > 0n;
    return new Quantity(nanos, small ? "DecimalSI" : format, keptText(text, digits, decimals, format, exponent));
  }

  get isZero(): boolean {
    return this.nanos === 0n;
  }

  compare(other: Quantity): -1 | 0 | 1 {
    return this.nanos < other.nanos ? -1 : this.nanos > other.nanos ? 1 : 0;
  }

  /** The sum has the format of the first, unless that is zero. */
  add(other: Quantity): Quantity {
    return new Quantity(this.nanos + other.nanos, this.isZero ? other.format : this.format);
  }

  sub(other: Quantity): Quantity {
    return new Quantity(this.nanos - other.nanos, this.isZero ? other.format : this.format);
  }

  neg(): Quantity {
    return new Quantity(-this.nanos, this.format);
  }

  /** Whole units, rounded up; exact. */
  bigValue(): bigint {
    return divideUp(this.nanos, nano);
  }

  /** Whole units, rounded up. Exact up to 2^53. */
  value(): number {
    return Number(this.bigValue());
  }

  /** Thousandths, rounded up. Exact up to 2^53. */
  milliValue(): number {
    return Number(divideUp(this.nanos, 1_000_000n));
  }

  toNumber(): number {
    return Number(this.nanos) / 1e9;
  }

  /** The canonical form, or the text it was parsed from where Kubernetes keeps that. */
  toString(): string {
    this.#text ??= this.#canonical();
    return this.#text;
  }

  toJSON(): string {
    return this.toString();
  }

  #canonical(): string {
    if (this.nanos === 0n) return "0";
    const whole = this.nanos / nano;
    if (this.format === "BinarySI" && whole * nano === this.nanos && (whole <= -1024n || whole >= 1024n)) {
      let mantissa = whole;
      let steps = 0;
      while (mantissa % 1024n === 0n && steps < 6) {
        mantissa /= 1024n;
        steps++;
      }
      return `${mantissa}${binarySuffixes[steps]}`;
    }
    let mantissa = this.nanos;
    let exponent = -9;
    while (mantissa % 1000n === 0n) {
      mantissa /= 1000n;
      exponent += 3;
    }
    const suffix = this.format === "DecimalExponent" ? undefined : decimalSuffixes.get(exponent);
    if (suffix !== undefined) return `${mantissa}${suffix}`;
    return exponent === 0 ? `${mantissa}` : `${mantissa}e${exponent}`;
  }
}

/** Go keeps the text of what its fast path takes for canonical already, oddities such as "+5" and "1.500" among it. */
function keptText(
  text: string,
  digits: string,
  decimals: string,
  format: QuantityFormat,
  exponent: number,
): string | undefined {
  const number = digits === "" ? "0" : digits;
  const shifted = number + decimals;
  if (shifted === "0") return undefined;
  if (format === "BinarySI") {
    const precision = 15 - number.length - Math.trunc((exponent * 3) / 10) - 1;
    if (decimals !== "" || precision < 0) return undefined;
    return (BigInt(number) & 7n) !== 0n ? text : undefined;
  }
  const scale = exponent - decimals.length;
  if (shifted.length > 18 || scale < -9) return undefined;
  return scale % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0") ? text : undefined;
}
