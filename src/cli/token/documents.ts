import type { BootstrapToken } from "../../machinery/bootstrap/bootstrap-token.ts";
import { objectPrinter } from "../print/output-format.ts";

/**
 * `-o FORMAT` of token list: one document for each token, in kubeadm's kind. Throws an ExitError for a format that is not known.
 * https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/#cmd-token-list
 */
export async function tokenDocuments(tokens: readonly BootstrapToken[], format: string): Promise<string> {
  const documents = tokens.map(documentOf);
  // A typed object, whose fields keep their order, unlike those of what only the server knows.
  if (format === "json") return documents.map((document) => `${JSON.stringify(document, null, 4)}\n`).join("");
  const print = await objectPrinter(format, { showManagedFields: true, noHeaders: false });
  return documents.map(print).join(format === "yaml" ? "---\n" : "");
}

function documentOf({ id, secret, description, expiration, usages, groups }: BootstrapToken) {
  return {
    kind: "BootstrapToken",
    apiVersion: "output.kubeadm.k8s.io/v1alpha3",
    token: `${id}.${secret}`,
    ...(description === "" ? {} : { description }),
    ...(expiration === undefined ? {} : { expires: expiration }),
    ...(usages.length === 0 ? {} : { usages }),
    ...(groups.length === 0 ? {} : { groups }),
  };
}
