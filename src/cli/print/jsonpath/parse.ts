import { JsonPathError, type Node, operators, type Step } from "./types.ts";

/** Throws JsonPathError in kubectl's words. */
export function parseTemplate(template: string): readonly Node[] {
  const parser = new Parser(template);
  return parser.template(false);
}

/** One path without braces, as --sort-by and custom-columns take it: ".metadata.name", "metadata.name", "{.metadata.name}". */
export function parseRelaxedPath(expression: string): readonly Node[] {
  const bare = /^\{(.*)\}$/s.exec(expression.trim())?.[1] ?? expression.trim();
  const dotted = bare.startsWith(".") || bare.startsWith("[") || bare.startsWith("$") ? bare : `.${bare}`;
  return parseTemplate(`{${dotted}}`);
}

class Parser {
  #position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Nodes up to the end, or up to `{end}` inside a range. */
  template(inRange: boolean): Node[] {
    const nodes: Node[] = [];
    for (;;) {
      const brace = this.#text.indexOf("{", this.#position);
      const text = this.#text.slice(this.#position, brace < 0 ? undefined : brace);
      if (text !== "") nodes.push({ type: "text", text });
      if (brace < 0) {
        if (inRange) throw new JsonPathError("unterminated range");
        this.#position = this.#text.length;
        return nodes;
      }
      this.#position = brace + 1;
      if (this.#action(nodes, inRange)) return nodes;
    }
  }

  /** The inside of `{…}`. True when it was the `end` of the range. */
  #action(nodes: Node[], inRange: boolean): boolean {
    let pendingRange: Step[] | undefined;
    for (;;) {
      this.#skipSpace();
      const char = this.#peek();
      if (char === "") throw new JsonPathError("unclosed action");
      if (char === "}") {
        this.#position += 1;
        break;
      }
      if (this.#word("range")) {
        this.#skipSpace();
        pendingRange = this.#path("}");
        continue;
      }
      if (this.#word("end")) {
        if (!inRange) throw new JsonPathError("not in range, nothing to end");
        this.#skipSpace();
        if (this.#peek() !== "}") throw new JsonPathError("unclosed action");
        this.#position += 1;
        return true;
      }
      if (char === '"' || char === "'") nodes.push({ type: "text", text: this.#quoted() });
      else nodes.push({ type: "path", steps: this.#path("}") });
    }
    if (pendingRange) nodes.push({ type: "range", steps: pendingRange, body: this.template(true) });
    return false;
  }

  /** Steps up to white space, `stops`, or the end. */
  #path(stops: string): Step[] {
    const steps: Step[] = [];
    for (;;) {
      const char = this.#peek();
      if (char === "" || char === " " || char === "\n" || char === "\t" || stops.includes(char)) break;
      if (char === "$") {
        this.#position += 1;
        steps.push({ type: "root" });
      } else if (char === "@") {
        this.#position += 1;
        steps.push({ type: "current" });
      } else if (char === "[") {
        this.#position += 1;
        steps.push(this.#bracket());
      } else if (char === ".") {
        this.#position += 1;
        if (this.#peek() === ".") {
          this.#position += 1;
          steps.push({ type: "recursive" });
          if (this.#peek() === "[" || this.#peek() === "") continue;
          steps.push(this.#fieldOrWildcard(stops));
        } else if (this.#peek() !== "[" && !this.#atEnd(stops)) {
          steps.push(this.#fieldOrWildcard(stops));
        }
      } else if (/[0-9-]/.test(char) && steps.length === 0) {
        steps.push({ type: "literal", value: this.#number() });
      } else if (/[A-Za-z_]/.test(char)) {
        const field = this.#fieldOrWildcard(stops);
        if (field.type === "field" && steps.length === 0 && (field.name === "true" || field.name === "false")) {
          steps.push({ type: "literal", value: field.name === "true" });
        } else {
          steps.push(field);
        }
      } else {
        throw new JsonPathError(
          `unrecognized character in action: U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")} '${char}'`,
        );
      }
    }
    return steps;
  }

  #fieldOrWildcard(stops: string): Step {
    if (this.#peek() === "*") {
      this.#position += 1;
      return { type: "wildcard" };
    }
    let name = "";
    for (;;) {
      const char = this.#peek();
      if (char === "\\") {
        name += this.#text[this.#position + 1] ?? "";
        this.#position += 2;
      } else if (char === "" || ".[]$@{}()=!<>, \n\t".includes(char) || stops.includes(char)) {
        break;
      } else {
        name += char;
        this.#position += 1;
      }
    }
    return { type: "field", name };
  }

  #bracket(): Step {
    this.#skipSpace();
    if (this.#text.startsWith("?(", this.#position)) return this.#filter();
    const members: Step[][] = [];
    for (;;) {
      this.#skipSpace();
      members.push([this.#member()]);
      this.#skipSpace();
      const char = this.#peek();
      this.#position += 1;
      if (char === "]") break;
      if (char !== ",") throw new JsonPathError("unterminated array");
    }
    const [only] = members;
    return members.length === 1 && only?.[0] ? only[0] : { type: "union", members };
  }

  #member(): Step {
    const char = this.#peek();
    if (char === "*") {
      this.#position += 1;
      return { type: "wildcard" };
    }
    if (char === "'" || char === '"') return { type: "field", name: this.#quoted() };
    const match = /^(-?\d+)?(?:(:)(-?\d+)?(?::(-?\d+)?)?)?/.exec(this.#text.slice(this.#position));
    if (match && match[0] !== "") {
      this.#position += match[0].length;
      const [, start, colon, end, step] = match;
      if (colon === undefined && start !== undefined) {
        const index = Number(start);
        return { type: "slice", start: index, end: index + 1, step: 1, single: true };
      }
      return {
        type: "slice",
        ...(start === undefined ? {} : { start: Number(start) }),
        ...(end === undefined ? {} : { end: Number(end) }),
        step: step === undefined ? 1 : Number(step),
        single: false,
      };
    }
    return this.#fieldOrWildcard("]");
  }

  #filter(): Step {
    this.#position += 2;
    this.#skipSpace();
    const left = this.#operand();
    this.#skipSpace();
    const operator = operators.find((candidate) => this.#text.startsWith(candidate, this.#position));
    if (!operator) {
      this.#closeFilter();
      return { type: "filter", left };
    }
    this.#position += operator.length;
    this.#skipSpace();
    const right = this.#operand();
    this.#closeFilter();
    return { type: "filter", left, operator, right };
  }

  #closeFilter(): void {
    this.#skipSpace();
    if (!this.#text.startsWith(")]", this.#position)) throw new JsonPathError("unterminated filter");
    this.#position += 2;
  }

  #operand(): Step[] {
    const char = this.#peek();
    if (char === '"' || char === "'") return [{ type: "literal", value: this.#quoted() }];
    return this.#path(")=!<>");
  }

  #number(): number {
    const match = /^-?\d+(\.\d+)?/.exec(this.#text.slice(this.#position));
    if (!match) throw new JsonPathError("cannot parse number");
    this.#position += match[0].length;
    return Number(match[0]);
  }

  #quoted(): string {
    const quote = this.#peek();
    let text = "";
    this.#position += 1;
    for (;;) {
      const char = this.#text[this.#position];
      if (char === undefined) throw new JsonPathError("unterminated quoted string");
      this.#position += 1;
      if (char === quote) return text;
      if (char !== "\\") {
        text += char;
        continue;
      }
      const escaped = this.#text[this.#position] ?? "";
      this.#position += 1;
      text += { n: "\n", t: "\t", r: "\r" }[escaped] ?? escaped;
    }
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#position)) return false;
    const next = this.#text[this.#position + word.length] ?? "";
    if (next !== " " && next !== "}") return false;
    this.#position += word.length;
    return true;
  }

  #atEnd(stops: string): boolean {
    const char = this.#peek();
    return char === "" || char === " " || stops.includes(char);
  }

  #peek(): string {
    return this.#text[this.#position] ?? "";
  }

  #skipSpace(): void {
    while (/\s/.test(this.#peek())) this.#position += 1;
  }
}
