/**
 * `$(VAR)` in command, args and env values: a variable that is not known stays as it is written, `$$` is a dollar.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  if (!text.includes("$")) return text;
  let result = "";
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf("$", at);
    if (dollar < 0) break;
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    const close = next === "(" ? text.indexOf(")", dollar) : -1;
    if (next === "$") {
      result += "$";
      at = dollar + 2;
    } else if (close >= 0) {
      const whole = text.slice(dollar, close + 1);
      result += variables.get(whole.slice(2, -1)) ?? whole;
      at = close + 1;
    } else {
      result += "$";
      at = dollar + 1;
    }
  }
  return result + text.slice(at);
}
