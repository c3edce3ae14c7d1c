/** Entries of a resource list by name. A name may be anything before it is validated: "__proto__" and "constructor", too. */

export function amountOf<T>(list: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return list !== undefined && Object.hasOwn(list, name) ? list[name] : undefined;
}

/** In place. */
export function setAmount<T>(list: Record<string, T>, name: string, amount: T): void {
  if (name === "__proto__") {
    Object.defineProperty(list, name, { value: amount, enumerable: true, configurable: true, writable: true });
  } else list[name] = amount;
}
