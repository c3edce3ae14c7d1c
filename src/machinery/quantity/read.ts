/**
 * Quantities as they stand in objects, read straight to numbers. The same few texts come again and again ("100m",
 * "128Mi"), so that what was parsed is remembered.
 */
import { Quantity } from "./quantity.ts";

const limit = 4096;
const parsed = new Map<string, Quantity>();

/** As Quantity.parse(); the result is shared. */
export function readQuantity(text: string): Quantity {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const quantity = Quantity.parse(text);
  if (parsed.size >= limit) parsed.clear();
  if (text.length <= 64) parsed.set(text, quantity);
  return quantity;
}

/** Whole units, rounded up; 0 when absent. */
export function quantityValue(text: string | undefined): number {
  return text === undefined ? 0 : readQuantity(text).value();
}

/** Thousandths, rounded up; 0 when absent. */
export function quantityMilliValue(text: string | undefined): number {
  return text === undefined ? 0 : readQuantity(text).milliValue();
}
