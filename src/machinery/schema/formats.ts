/** String formats that a CustomResourceDefinition's schema may ask for. Unknown ones are not checked, as in Kubernetes. */
import { isIPv4, isIPv6 } from "node:net";
import { canonicalTime, parseGoDuration, TimeError } from "./go-time.ts";

const matches =
  (regexp: RegExp) =>
  (text: string): boolean =>
    text.length <= 4096 && regexp.test(text);

function accepts(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => {
    try {
      parse(text);
      return true;
    } catch (error) {
      if (error instanceof TimeError) return false;
      throw error;
    }
  };
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  const max = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= max;
}

const uuid = (version: string): ((text: string) => boolean) =>
  matches(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, "i"));
const isDateTime = accepts(canonicalTime);

const formats: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ["date-time", isDateTime],
  ["datetime", isDateTime],
  ["date", (text: string) => text.length === 10 && isDateTime(`${text}T00:00:00Z`)],
  ["duration", accepts(parseGoDuration)],
  ["byte", (text: string) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0],
  ["ipv4", isIPv4],
  ["ipv6", isIPv6],
  ["cidr", isCidr],
  ["mac", matches(/^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i)],
  ["uuid", uuid("[0-9a-f]")],
  ["uuid3", uuid("3")],
  ["uuid4", uuid("4")],
  ["uuid5", uuid("5")],
  ["email", matches(/^[^\s@]+@[^\s@]+$/)],
  [
    "hostname",
    matches(/^(?=.{1,253}\.?$)[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)*\.?$/i),
  ],
  ["uri", (text: string) => URL.canParse(text)],
]);

export function hasFormat(text: string, format: string): boolean {
  return formats.get(format)?.(text) ?? true;
}
