/** Tables of requests and what admission makes of them, run over HTTPS. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApiServerOptions } from "../../../src/api/types.ts";
import { type Answer, type Fixture, startApi } from "../fixture.ts";

export interface Thing {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface AdmissionCase {
  readonly name: string;
  /** The page or KEP that says so. */
  readonly see: string;
  /** Labels of the case's namespace. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is there before, made in this order; a thing with a status gets it, too. */
  readonly given?: readonly Thing[];
  /** A create, or what is said; `path` with $ns for the case's namespace. */
  readonly when: Thing | { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly contentType?: string;
  readonly as?: { readonly user: string; readonly groups?: readonly string[] };
  readonly code: number;
  /** The whole message, $ns replaced; or a part of it. */
  readonly message?: string | RegExp;
  /** What the answer has in it. */
  readonly answer?: object;
  readonly warnings?: readonly string[];
}

const clusterScoped: Readonly<Record<string, string>> = {
  Namespace: "/api/v1/namespaces",
  Node: "/api/v1/nodes",
  PersistentVolume: "/api/v1/persistentvolumes",
  PriorityClass: "/apis/scheduling.k8s.io/v1/priorityclasses",
  StorageClass: "/apis/storage.k8s.io/v1/storageclasses",
  IngressClass: "/apis/networking.k8s.io/v1/ingressclasses",
  RuntimeClass: "/apis/node.k8s.io/v1/runtimeclasses",
  CSINode: "/apis/storage.k8s.io/v1/csinodes",
  ClusterRole: "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  ClusterRoleBinding: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  CertificateSigningRequest: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
};
const irregular: Readonly<Record<string, string>> = { Ingress: "ingresses", NetworkPolicy: "networkpolicies" };

export function pathOf({ apiVersion, kind, metadata }: Thing, namespace: string): string {
  const cluster = clusterScoped[kind];
  if (cluster !== undefined) return cluster;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const plural = irregular[kind] ?? `${kind.toLowerCase()}s`;
  return `${root}/namespaces/${(metadata.namespace as string | undefined) ?? namespace}/${plural}`;
}

/** A server for the file, with every plugin on. */
export function admissionServer(options: Partial<ApiServerOptions> = {}): { readonly api: Fixture } {
  const held: { api: Fixture } = { api: undefined as unknown as Fixture };
  beforeAll(async () => {
    held.api = await startApi({ disableAdmissionPlugins: [], ...options });
  });
  afterAll(() => held.api.close());
  return held;
}

let serial = 0;

export async function newNamespace(api: Fixture, labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = `case-${++serial}`;
  await make(api, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }, "");
  await make(api, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } }, name);
  return name;
}

export async function make(api: Fixture, thing: Thing, namespace: string): Promise<string> {
  const path = pathOf(thing, namespace);
  const made = await api.post(path, thing);
  if (made.code !== 201) throw new Error(`${path}: ${made.text}`);
  const own = `${path}/${made.body.metadata.name}`;
  if (thing.status !== undefined) {
    const done = await api.ask("PATCH", `${own}/status`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { status: thing.status },
    });
    if (done.code !== 200) throw new Error(`${own}/status: ${done.text}`);
  }
  return own;
}

export function runCases(held: { readonly api: Fixture }, cases: readonly AdmissionCase[]): void {
  for (const one of cases) {
    it(`${one.name} (${one.see})`, async () => {
      const { api } = held;
      const namespace = await newNamespace(api, one.labels);
      const paths: string[] = [];
      for (const thing of one.given ?? []) paths.push(await make(api, thing, namespace));
      const answer = await request(api, one, namespace);
      if (answer.code === 201 && !("method" in one.when)) {
        paths.push(`${pathOf(one.when as Thing, namespace)}/${answer.body.metadata.name}`);
      }
      for (const path of paths.reverse()) if (!path.includes("/namespaces/")) await api.ask("DELETE", path);
      check(one, answer, namespace);
    });
  }
}

function request(api: Fixture, { when, as, contentType }: AdmissionCase, namespace: string): Promise<Answer> {
  const headers: Record<string, string | string[]> = {};
  if (as) {
    headers["impersonate-user"] = as.user;
    if (as.groups) headers["impersonate-group"] = [...as.groups];
  }
  if (contentType) headers["content-type"] = contentType;
  const options = { headers: headers as Record<string, string> };
  if (!("method" in when)) return api.ask("POST", pathOf(when as Thing, namespace), { ...options, body: when });
  const { method, path, body } = when as { method: string; path: string; body?: unknown };
  return api.ask(method, path.replaceAll("$ns", namespace), { ...options, ...(body === undefined ? {} : { body }) });
}

function check(one: AdmissionCase, answer: Answer, namespace: string): void {
  expect({ code: answer.code, message: answer.code < 300 ? undefined : answer.body?.message }).toMatchObject({
    code: one.code,
    ...(typeof one.message === "string" ? { message: one.message.replaceAll("$ns", namespace) } : {}),
  });
  if (one.message instanceof RegExp) expect(answer.body.message).toMatch(one.message);
  if (one.answer) expect(answer.body).toMatchObject(one.answer);
  if (one.warnings) expect(warningsOf(answer)).toEqual(one.warnings.map((text) => text.replaceAll("$ns", namespace)));
}

/** The texts of the Warning headers. */
export function warningsOf({ headers }: Answer): string[] {
  const line = headers.warning;
  if (line === undefined) return [];
  const text = Array.isArray(line) ? line.join(", ") : line;
  return [...text.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => JSON.parse(quoted ?? '""') as string);
}

export function podThing(name: string, spec: object = {}, metadata: object = {}): Thing {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: { containers: [{ name: "main", image: "busybox" }], ...spec },
  };
}
