import { randomInt } from "node:crypto";
import type { Strategy } from "../../machinery/kinds/types.ts";
import { dns1035Label, dns1123Label, dns1123Subdomain, pathSegmentName } from "../../machinery/meta/names.ts";

/** Without vowels and look-alikes, so that no word comes out (k8s.io/apimachinery/pkg/util/rand). */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";
const suffixLength = 5;
const maxBase = 63 - suffixLength;

export function generateName(base: string): string {
  let name = base.slice(0, maxBase);
  for (let i = 0; i < suffixLength; i++) name += alphabet[randomInt(alphabet.length)];
  return name;
}

export function nameProblems(rule: Strategy["nameRule"], name: string, prefix: boolean): readonly string[] {
  // A generateName may end in a dash: something follows.
  const text = prefix && name.endsWith("-") ? `${name.slice(0, -1)}a` : name;
  switch (rule) {
    case "dns1123-label":
      return dns1123Label(text);
    case "dns1035-label":
      return dns1035Label(text);
    case "path-segment":
      return pathSegmentName(text);
    default:
      return dns1123Subdomain(text);
  }
}
