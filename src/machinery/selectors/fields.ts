/** Field selectors: "metadata.name=a,spec.nodeName!=b" (k8s.io/apimachinery/pkg/fields). `\`, `,` and `=` are escaped by `\`. */

interface FieldTerm {
  readonly field: string;
  readonly value: string;
  readonly negated: boolean;
}

export interface FieldSelector {
  readonly terms: readonly FieldTerm[];
  readonly empty: boolean;
  /** `get` gives the value of a field; "" where there is none. */
  matches(get: (field: string) => string): boolean;
  /** The value that the field must have, if the selector names one. */
  exact(field: string): string | undefined;
  toString(): string;
}

export const allFields: FieldSelector = make([]);

/** Throws an Error with Kubernetes' words; the caller makes it a 400. */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === "") return allFields;
  const terms: FieldTerm[] = [];
  for (const part of splitUnescaped(text)) {
    if (part === "") continue;
    const match = /^((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)(.*)$/s.exec(part);
    if (!match) throw new Error(`invalid selector: '${text}'; can't understand '${part}'`);
    const [, field = "", operator, raw = ""] = match;
    terms.push({ field, value: unescapeValue(raw), negated: operator === "!=" });
  }
  return make(terms);
}

export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, "\\$&");
}

function make(terms: readonly FieldTerm[]): FieldSelector {
  return {
    terms,
    empty: terms.length === 0,
    matches(get) {
      for (const term of terms) if ((get(term.field) === term.value) === term.negated) return false;
      return true;
    },
    exact: (field) => terms.find((term) => term.field === field && !term.negated)?.value,
    toString: () =>
      terms.map((term) => `${term.field}${term.negated ? "!=" : "="}${escapeFieldValue(term.value)}`).join(","),
  };
}

function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === ",") {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function unescapeValue(value: string): string {
  if (!/[\\=]/.test(value)) return value;
  let out = "";
  for (let i = 0; i < value.length; i++) {
    const char = value[i] ?? "";
    if (char === "=") throw new Error(`invalid field selector: unescaped character in value: '='`);
    if (char !== "\\") {
      out += char;
      continue;
    }
    const next = value[++i] ?? "";
    if (next !== "\\" && next !== "," && next !== "=") {
      throw new Error(`invalid field selector: invalid escape sequence: \\${next}`);
    }
    out += next;
  }
  return out;
}
