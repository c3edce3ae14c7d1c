/**
 * A careful walk over JSON text, for the two cases where JSON.parse does not tell enough: what is wrong with a malformed
 * text in the words of Go's encoding/json, and which keys an object has twice.
 */

export interface ScanResult {
  readonly error: string | undefined;
  readonly duplicates: string[];
}

interface Frame {
  /** undefined: a list. */
  readonly keys: Set<string> | undefined;
  step: string | number;
}

class SyntaxProblem extends Error {}

const endOfInput = "unexpected end of JSON input";

export class JsonScanner {
  readonly #text: string;
  readonly #maxDepth: number;
  #position = 0;
  readonly #stack: Frame[] = [];
  readonly #duplicates = new Set<string>();

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  run(): ScanResult {
    let error: string | undefined;
    try {
      this.#document();
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      error = problem.message;
    }
    return { error, duplicates: [...this.#duplicates] };
  }

  #document(): void {
    this.#value();
    while (this.#stack.length > 0) this.#next();
    const rest = this.#peek();
    if (rest !== "") throw this.#bad(rest, "after top-level value");
  }

  /** One value; of an object or a list only its opening. */
  #value(): void {
    const char = this.#peek();
    if (char === "{" || char === "[") {
      this.#position++;
      if (this.#stack.length >= this.#maxDepth) throw new SyntaxProblem("exceeded max depth");
      this.#stack.push({ keys: char === "{" ? new Set() : undefined, step: char === "{" ? "" : -1 });
    } else if (char === '"') this.#string();
    else if (char === "-" || (char >= "0" && char <= "9")) this.#number();
    else if (char === "t") this.#literal("true");
    else if (char === "f") this.#literal("false");
    else if (char === "n") this.#literal("null");
    else throw this.#bad(char, "looking for beginning of value");
  }

  /** From one member to the next, or out of the innermost object or list. */
  #next(): void {
    const frame = this.#stack.at(-1) as Frame;
    const first = frame.keys ? frame.keys.size === 0 && frame.step === "" : frame.step === -1;
    const close = frame.keys ? "}" : "]";
    let char = this.#peek();
    if (char === close) {
      this.#position++;
      this.#stack.pop();
      return;
    }
    if (!first) {
      if (char !== ",") throw this.#bad(char, frame.keys ? "after object key:value pair" : "after array element");
      this.#position++;
      char = this.#peek();
    }
    if (frame.keys) this.#key(frame, frame.keys, char);
    else frame.step = (frame.step as number) + 1;
    this.#value();
  }

  #key(frame: Frame, keys: Set<string>, char: string): void {
    if (char !== '"') throw this.#bad(char, "looking for beginning of object key string");
    const key = this.#string();
    frame.step = key;
    if (keys.has(key)) this.#duplicates.add(this.#path());
    keys.add(key);
    const colon = this.#peek();
    if (colon !== ":") throw this.#bad(colon, "after object key");
    this.#position++;
  }

  #path(): string {
    let path = "";
    for (const { step } of this.#stack) {
      if (typeof step === "number") path += `[${step}]`;
      else path += path === "" ? step : `.${step}`;
    }
    return path;
  }

  #string(): string {
    const start = this.#position++;
    for (;;) {
      const char = this.#text[this.#position];
      if (char === undefined) throw new SyntaxProblem(endOfInput);
      if (char < " ") throw this.#bad(char, "in string literal");
      this.#position++;
      if (char === '"') return JSON.parse(this.#text.slice(start, this.#position)) as string;
      if (char === "\\") this.#escape();
    }
  }

  #escape(): void {
    const char = this.#text[this.#position] ?? "";
    if (char === "u") {
      for (let i = 1; i <= 4; i++) {
        const digit = this.#text[this.#position + i] ?? "";
        if (!/^[0-9a-fA-F]$/.test(digit)) throw this.#bad(digit, "in \\u hexadecimal character escape");
      }
      this.#position += 5;
    } else if (/^["\\/bfnrt]$/.test(char)) this.#position++;
    else throw this.#bad(char, "in string escape code");
  }

  #number(): void {
    if (this.#text[this.#position] === "-") this.#position++;
    const first = this.#text[this.#position] ?? "";
    if (!/^[0-9]$/.test(first)) throw this.#bad(first, "in numeric literal");
    this.#position++;
    if (first !== "0") this.#digits();
    if (this.#text[this.#position] === ".") {
      this.#position++;
      if (this.#digits() === 0)
        throw this.#bad(this.#text[this.#position] ?? "", "after decimal point in numeric literal");
    }
    if (/^[eE]$/.test(this.#text[this.#position] ?? "")) {
      this.#position++;
      if (/^[+-]$/.test(this.#text[this.#position] ?? "")) this.#position++;
      if (this.#digits() === 0) throw this.#bad(this.#text[this.#position] ?? "", "in exponent of numeric literal");
    }
  }

  #digits(): number {
    const start = this.#position;
    for (let char = this.#text[start]; char !== undefined && char >= "0" && char <= "9"; ) {
      char = this.#text[++this.#position];
    }
    return this.#position - start;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.#position++) {
      const char = this.#text[this.#position] ?? "";
      if (char !== word[i]) throw this.#bad(char, `in literal ${word} (expecting '${word[i]}')`);
    }
  }

  /** The next character that is not white space; "" at the end. */
  #peek(): string {
    for (;;) {
      const char = this.#text[this.#position];
      if (char !== " " && char !== "\n" && char !== "\t" && char !== "\r") return char ?? "";
      this.#position++;
    }
  }

  #bad(char: string, context: string): SyntaxProblem {
    if (char === "") return new SyntaxProblem(endOfInput);
    const shown = char === "'" ? "\\'" : char === '"' ? '"' : JSON.stringify(char).slice(1, -1);
    return new SyntaxProblem(`invalid character '${shown}' ${context}`);
  }
}
