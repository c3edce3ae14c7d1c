/** The kubeconfig that the server writes for its administrator, and its merge into the user's own. */
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { ClusterCertificates } from "./pki/certificate-files.ts";

const name = "kl" as const;

export interface KubeconfigEntries {
  readonly cluster: { readonly server: string; readonly "certificate-authority-data": string };
  readonly user: {
    readonly "client-certificate-data": string;
    readonly "client-key-data": string;
    readonly extensions?: readonly [
      { readonly extension: { readonly server: string; readonly socket: string }; readonly name: "kl" },
    ];
  };
}

function base64(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

/** `socket`: where kl itself is this user without TLS; other clients pass over extensions that they do not know. */
export function kubeconfigEntries(
  server: string,
  certificates: ClusterCertificates,
  socket?: string,
): KubeconfigEntries {
  return {
    cluster: { server, "certificate-authority-data": base64(certificates.ca.cert) },
    user: {
      "client-certificate-data": base64(certificates.admin.cert),
      "client-key-data": base64(certificates.admin.key),
      ...(socket === undefined ? {} : { extensions: [{ extension: { server, socket }, name }] }),
    },
  };
}

/** Writes DIR/kubeconfig.yaml, readable by the owner alone, unless it says the same already. */
export async function writeKubeconfig(file: string, entries: KubeconfigEntries): Promise<void> {
  const [local] = entries.user.extensions ?? [];
  const extensions = local
    ? `    extensions:
    - extension:
        server: ${local.extension.server}
        socket: ${JSON.stringify(local.extension.socket)}
      name: ${name}
`
    : "";
  const text = `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${entries.cluster.server}
    certificate-authority-data: ${entries.cluster["certificate-authority-data"]}
users:
- name: ${name}
  user:
    client-certificate-data: ${entries.user["client-certificate-data"]}
    client-key-data: ${entries.user["client-key-data"]}
${extensions}contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
`;
  const present = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (present !== text) await replaceFile(file, text);
}

/** The file that kubectl writes to: the first of KUBECONFIG, or ~/.kube/config. */
export function userKubeconfigFile(environment: NodeJS.ProcessEnv): string {
  const first = (environment.KUBECONFIG ?? "").split(delimiter).find((file) => file !== "");
  return first ?? join(homedir(), ".kube", "config");
}

/**
 * Adds or refreshes cluster, user and context `kl` in the user's kubeconfig. All else stays as it is, comments included;
 * the current context changes only where there was none. Throws when the file is not a kubeconfig.
 */
export async function mergeKubeconfig(file: string, entries: KubeconfigEntries): Promise<void> {
  const { default: yaml } = await import("yaml");
  const { isMap, isSeq, parseDocument } = yaml;
  const present = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "apiVersion: v1\nkind: Config\n";
    throw error;
  });
  const document = parseDocument(present.trim() === "" ? "apiVersion: v1\nkind: Config\n" : present);
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new Error(`${file} is not a kubeconfig; it was left as it is`);
  }
  const put = (list: string, entry: { name: string }): void => {
    const sequence = document.get(list);
    if (!isSeq(sequence)) {
      document.set(list, document.createNode([entry]));
      return;
    }
    const node = document.createNode(entry);
    const index = sequence.items.findIndex((item) => isMap(item) && item.get("name") === entry.name);
    if (index < 0) sequence.items.push(node);
    else sequence.items[index] = node;
  };
  put("clusters", { name, cluster: entries.cluster } as { name: string });
  put("users", { name, user: entries.user } as { name: string });
  put("contexts", { name, context: { cluster: name, user: name } } as { name: string });
  if (!document.get("current-context")) document.set("current-context", name);
  const text = document.toString({ lineWidth: 0 });
  if (text === present) return;
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, text);
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  await chmod(temporary, 0o600);
  await rename(temporary, file);
}
