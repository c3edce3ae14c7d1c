import type { Secret } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const secretStrategy = strategyFor<Secret>({
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
