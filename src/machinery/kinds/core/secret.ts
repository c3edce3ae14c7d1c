import { configMapKeyRule } from "../../meta/names.ts";
import { invalidValue, required, tooLong } from "../../status/field-errors.ts";
import type { Secret } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable, checkRule, type Errors } from "../validation/checks.ts";
import { checkImmutableData } from "./immutable-data.ts";

export const secretStrategy = strategyFor<Secret>({
  hasGeneration: false,
  validate: validateSecret,
  validateUpdate(secret, old) {
    const errors: Errors = [];
    checkImmutable(errors, "type", secret.type, old.type);
    checkImmutableData(errors, secret, old, ["data"]);
    return errors;
  },
  defaultObject(secret) {
    secret.type ||= "Opaque";
    // What is written as text is kept as bytes, and wins over data of the same key.
    const texts = secret.stringData;
    if (texts === undefined) return;
    delete secret.stringData;
    for (const key in texts) {
      secret.data ??= {};
      secret.data[key] = Buffer.from(texts[key] ?? "", "utf8").toString("base64");
    }
  },
});

/** Values together: what fits into one object. */
const maxBytes = 1024 * 1024;

function validateSecret(secret: Secret): FieldError[] {
  const errors: Errors = [];
  let size = 0;
  for (const key in secret.data) {
    checkRule(errors, `data[${key}]`, key, configMapKeyRule);
    size += Buffer.byteLength(secret.data[key] ?? "", "base64");
  }
  if (size > maxBytes) errors.push(tooLong("data", maxBytes));
  checkType(errors, secret);
  return errors;
}

const redacted = "<secret contents redacted>";

/** What each of Kubernetes' own types must have in it. */
function checkType(errors: Errors, secret: Secret): void {
  const needs = (key: string) => {
    if (secret.data?.[key] === undefined) errors.push(required(`data[${key}]`));
  };
  switch (secret.type) {
    case "kubernetes.io/service-account-token":
      if (!secret.metadata.annotations?.["kubernetes.io/service-account.name"]) {
        errors.push(required("metadata.annotations[kubernetes.io/service-account.name]"));
      }
      break;
    case "kubernetes.io/dockercfg":
      checkJson(errors, secret, ".dockercfg");
      break;
    case "kubernetes.io/dockerconfigjson":
      checkJson(errors, secret, ".dockerconfigjson");
      break;
    case "kubernetes.io/basic-auth":
      if (secret.data?.username === undefined && secret.data?.password === undefined) {
        needs("username");
        needs("password");
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!secret.data?.["ssh-privatekey"]) errors.push(required("data[ssh-privatekey]"));
      break;
    case "kubernetes.io/tls":
      needs("tls.crt");
      needs("tls.key");
      break;
    default:
  }
}

function checkJson(errors: Errors, secret: Secret, key: string): void {
  const value = secret.data?.[key];
  if (value === undefined) {
    errors.push(required(`data[${key}]`));
    return;
  }
  try {
    const parsed: unknown = JSON.parse(Buffer.from(value, "base64").toString("utf8"));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      errors.push(
        invalidValue(
          `data[${key}]`,
          redacted,
          "json: cannot unmarshal value into Go value of type map[string]interface {}",
        ),
      );
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    errors.push(invalidValue(`data[${key}]`, redacted, "invalid character in JSON"));
  }
}

export const secretTable = table<Secret>(
  [
    nameColumn,
    column(
      "Type",
      "string",
      "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
    ),
    column(
      "Data",
      "string",
      "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    ),
    ageColumn,
  ],
  (secret, now) => [secret.metadata.name, secret.type ?? "", Object.keys(secret.data ?? {}).length, age(secret, now)],
);
