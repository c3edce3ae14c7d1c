/**
 * Kubernetes' rules for names, label keys and the like, with its messages (k8s.io/apimachinery/pkg/util/validation).
 * Each function gives the reasons why a value is refused; none when it is good. Lengths are in bytes.
 */

const label1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain1123 = `${label1123}(\\.${label1123})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const wildcard1123 = `\\*\\.${subdomain1123}`;
const qualifiedName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelValue = `(${qualifiedName})?`;
const cIdentifier = "[A-Za-z_][A-Za-z0-9_]*";
const envVarName = "[-._a-zA-Z][-._a-zA-Z0-9]*";
const configMapKey = "[-._a-zA-Z0-9]+";
const percent = "[0-9]+%";
const httpHeader = "[-A-Za-z0-9]+";

const whole = (format: string): RegExp => new RegExp(`^(?:${format})$`);
const label1123Regexp = whole(label1123);
// The format as it is written above backtracks badly on long bad names; this one accepts the same language.
const subdomain1123Regexp = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const label1035Regexp = whole(label1035);
const wildcard1123Regexp = whole(wildcard1123);
const qualifiedNameRegexp = whole(qualifiedName);
const labelValueRegexp = whole(labelValue);
const cIdentifierRegexp = whole(cIdentifier);
const envVarNameRegexp = whole(envVarName);
const configMapKeyRegexp = whole(configMapKey);
const percentRegexp = whole(percent);
const httpHeaderRegexp = whole(httpHeader);
const portNameCharset = /^[-a-z0-9]+$/;

const none: readonly string[] = Object.freeze([]);

function regexError(message: string, format: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${format}')`;
  return `${message} (e.g. ${examples.map((e) => `'${e}', `).join(" or ")}regex used for validation is '${format}')`;
}

/** "must be no more than 63 characters" */
function maxLengthMessage(length: number): string {
  return `must be no more than ${length} characters`;
}

/** "must be between 1 and 65535, inclusive" */
export function inclusiveRangeMessage(low: number, high: number): string {
  return `must be between ${low} and ${high}, inclusive`;
}

const byteLength = (text: string): number => Buffer.byteLength(text);

function check(value: string, max: number, regexp: RegExp, refusal: () => string): readonly string[] {
  const long = value.length > max || (value.length * 3 > max && byteLength(value) > max);
  // No rule allows more than this; a regular expression is not tried on what is far too long.
  const bad = value.length > 4096 || !regexp.test(value);
  if (!long && !bad) return none;
  return [...(long ? [maxLengthMessage(max)] : []), ...(bad ? [refusal()] : [])];
}

export function dns1123Label(value: string): readonly string[] {
  return check(value, 63, label1123Regexp, () =>
    value.length <= 4096 && subdomain1123Regexp.test(value)
      ? "must not contain dots"
      : regexError(
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
          label1123,
          "my-name",
          "123-abc",
        ),
  );
}

export function dns1123Subdomain(value: string): readonly string[] {
  return check(value, 253, subdomain1123Regexp, () =>
    regexError(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
      subdomain1123,
      "example.com",
    ),
  );
}

export function dns1035Label(value: string): readonly string[] {
  return check(value, 63, label1035Regexp, () =>
    regexError(
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      label1035,
      "my-name",
      "abc-123",
    ),
  );
}

export function wildcardDns1123Subdomain(value: string): readonly string[] {
  return check(value, 253, wildcard1123Regexp, () =>
    regexError(
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
      wildcard1123,
      "*.example.com",
    ),
  );
}

/** What may stand between two slashes of a URL: the rule for RBAC names and others. */
export function pathSegmentName(value: string): readonly string[] {
  if (value === "." || value === "..") return [`may not be '${value}'`];
  const bad = ["/", "%"].filter((char) => value.includes(char));
  return bad.length === 0 ? none : bad.map((char) => `may not contain '${char}'`);
}

/** Label and annotation keys, finalizers, resource names: "[prefix/]name". */
export function qualifiedNameRule(value: string): readonly string[] {
  const parts = value.split("/");
  const errors: string[] = [];
  let name = value;
  if (parts.length === 2) {
    const prefix = parts[0] ?? "";
    name = parts[1] ?? "";
    if (prefix === "") errors.push("prefix part must be non-empty");
    else for (const message of dns1123Subdomain(prefix)) errors.push(`prefix part ${message}`);
  } else if (parts.length > 2) {
    return [
      `a valid label key ${regexError(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        qualifiedName,
        "MyName",
        "my.name",
        "123-abc",
      )} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (name === "") errors.push("name part must be non-empty");
  else if (byteLength(name) > 63) errors.push(`name part ${maxLengthMessage(63)}`);
  if (name.length > 4096 || !qualifiedNameRegexp.test(name)) {
    errors.push(
      `name part ${regexError(
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        qualifiedName,
        "MyName",
        "my.name",
        "123-abc",
      )}`,
    );
  }
  return errors.length === 0 ? none : errors;
}

export function labelValueRule(value: string): readonly string[] {
  return check(value, 63, labelValueRegexp, () =>
    regexError(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
      labelValue,
      "MyValue",
      "my_value",
      "12345",
    ),
  );
}

export function cIdentifierRule(value: string): readonly string[] {
  if (cIdentifierRegexp.test(value)) return none;
  return [
    regexError(
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
      cIdentifier,
      "my_name",
      "MY_NAME",
      "MyName",
    ),
  ];
}

export function portNumber(port: number): readonly string[] {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? none : [inclusiveRangeMessage(1, 65535)];
}

export function portName(port: string): readonly string[] {
  const errors: string[] = [];
  if (byteLength(port) > 15) errors.push(maxLengthMessage(15));
  if (!portNameCharset.test(port)) {
    errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  }
  if (!/[a-z]/.test(port)) errors.push("must contain at least one letter (a-z)");
  if (port.includes("--")) errors.push("must not contain consecutive hyphens");
  if (port.startsWith("-") || port.endsWith("-")) errors.push("must not begin or end with a hyphen");
  return errors.length === 0 ? none : errors;
}

/** Names that Kubernetes could never be turned into a path with. */
function pathLike(value: string): readonly string[] {
  if (value === ".") return ["must not be '.'"];
  if (value === "..") return ["must not be '..'"];
  return value.startsWith("..") ? ["must not start with '..'"] : none;
}

/** The strict rule; since 1.34 containers' env is held to relaxedEnvVarName alone. */
export function envVarNameRule(value: string): readonly string[] {
  const bad = envVarNameRegexp.test(value)
    ? none
    : [
        regexError(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
          envVarName,
          "my.env-name",
          "MY_ENV.NAME",
          "MyEnvName1",
        ),
      ];
  return [...bad, ...pathLike(value)];
}

export function relaxedEnvVarName(value: string): readonly string[] {
  if (value === "") return ["environment variable name must be non-empty"];
  if (/^[ -<>-~]*$/.test(value)) return none;
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Keys of ConfigMaps and Secrets. */
export function configMapKeyRule(value: string): readonly string[] {
  const errors = [
    ...check(value, 253, configMapKeyRegexp, () =>
      regexError(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configMapKey,
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
    ),
    ...pathLike(value),
  ];
  return errors.length === 0 ? none : errors;
}

export function percentRule(value: string): readonly string[] {
  if (percentRegexp.test(value)) return none;
  return [
    regexError("a valid percent string must be a numeric string followed by an ending '%'", percent, "1%", "93%"),
  ];
}

export function httpHeaderName(value: string): readonly string[] {
  if (httpHeaderRegexp.test(value)) return none;
  return [
    regexError("a valid HTTP header must consist of alphanumeric characters or '-'", httpHeader, "X-Header-Name"),
  ];
}
