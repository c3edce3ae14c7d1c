/** The words of a label selector's string form. */
export interface Token {
  readonly kind: "identifier" | "in" | "notin" | "=" | "==" | "!=" | "!" | "(" | ")" | "," | ">" | "<" | "end";
  readonly text: string;
}

const pattern = /[ \t\r\n]*(?:([=!(),><]+)|([^ \t\r\n=!(),><]+))/gy;
const symbols = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"] as const;

/** Throws on a run of symbols that begins with none of the grammar's. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [, run, word] = match;
    if (word !== undefined) {
      tokens.push({ kind: word === "in" || word === "notin" ? word : "identifier", text: word });
    }
    for (let rest = run ?? ""; rest !== ""; ) {
      const symbol = symbols.find((s) => rest.startsWith(s));
      if (symbol === undefined) throw new Error(`error expected: keyword found '${rest}'`);
      tokens.push({ kind: symbol, text: symbol });
      rest = rest.slice(symbol.length);
    }
  }
  tokens.push({ kind: "end", text: "" });
  return tokens;
}
