import { expect } from "vitest";

/** One request, its answer, and the page that says so. */
export interface Case {
  readonly about: string;
  readonly see: string;
  readonly request: readonly [method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>];
  readonly code: number;
  /** Parts of the answer: toMatchObject. */
  readonly body?: object;
  readonly text?: string | RegExp;
  readonly headers?: Readonly<Record<string, RegExp | string>>;
  readonly as?: "nobody";
}

const concepts = "https://kubernetes.io/docs/reference/using-api/api-concepts/";
const access = "https://kubernetes.io/docs/tasks/administer-cluster/access-cluster-api/";
const ssa = "https://kubernetes.io/docs/reference/using-api/server-side-apply/";
const maps = "/api/v1/namespaces/ground/configmaps";
const deployments = "/apis/apps/v1/namespaces/ground/deployments";
const pods = "/api/v1/namespaces/ground/pods";
const merge = { "content-type": "application/merge-patch+json" };
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const json = { "content-type": "application/json-patch+json" };
const applied = { "content-type": "application/apply-patch+yaml" };
const map = (name: string, rest: object = {}): object => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  ...rest,
});
const accept = (type: string): Readonly<Record<string, string>> => ({ accept: type });

export const negotiation: readonly Case[] = [
  {
    about: "YAML in",
    see: concepts,
    request: [
      "POST",
      `${maps}?dryRun=All`,
      "metadata: {name: z}\ndata: {a: b}\n",
      { "content-type": "application/yaml" },
    ],
    code: 201,
    body: { data: { a: "b" } },
  },
  {
    about: "YAML out",
    see: concepts,
    request: ["GET", `${maps}/ground`, undefined, accept("application/yaml")],
    code: 200,
    text: /^apiVersion: v1\n/,
  },
  {
    about: "no such type out",
    see: concepts,
    request: ["GET", `${maps}/ground`, undefined, accept("text/html")],
    code: 406,
    body: { reason: "NotAcceptable" },
  },
  {
    about: "the heavier type wins",
    see: concepts,
    request: ["GET", `${maps}/ground`, undefined, accept("application/json;q=0.1,application/yaml;q=0.9")],
    code: 200,
    headers: { "content-type": "application/yaml" },
  },
  {
    about: "a browser's Accept",
    see: concepts,
    request: ["GET", `${maps}/ground`, undefined, accept("text/html,application/xhtml+xml,*/*;q=0.8")],
    code: 200,
    headers: { "content-type": /^application\/json/ },
  },
  {
    about: "no such type in",
    see: concepts,
    request: ["POST", maps, "x", { "content-type": "text/plain" }],
    code: 415,
    body: { reason: "UnsupportedMediaType" },
  },
  {
    about: "no such patch",
    see: concepts,
    request: ["PATCH", `${maps}/ground`, {}, { "content-type": "application/json" }],
    code: 415,
  },
  {
    about: "gzip for large answers",
    see: concepts,
    request: ["GET", "/openapi/v2", undefined, { "accept-encoding": "gzip" }],
    code: 200,
    headers: { "content-encoding": "gzip" },
  },
  { about: "pretty", see: concepts, request: ["GET", `${maps}/ground?pretty=true`], code: 200, text: /^\{\n {2}"/ },
  { about: "a pretty list", see: concepts, request: ["GET", `${maps}?pretty=1`], code: 200, text: /^\{\n {2}"/ },
  { about: "no JSON", see: concepts, request: ["POST", maps, "{"], code: 400, body: { reason: "BadRequest" } },
  { about: "no object", see: concepts, request: ["POST", maps, "[]"], code: 400 },
];

export const discovery: readonly Case[] = [
  {
    about: "legacy versions",
    see: concepts,
    request: ["GET", "/api"],
    code: 200,
    body: { kind: "APIVersions", versions: ["v1"] },
  },
  { about: "groups", see: concepts, request: ["GET", "/apis"], code: 200, body: { kind: "APIGroupList" } },
  {
    about: "one group",
    see: concepts,
    request: ["GET", "/apis/apps"],
    code: 200,
    body: { kind: "APIGroup", name: "apps", preferredVersion: { groupVersion: "apps/v1", version: "v1" } },
  },
  {
    about: "autoscaling prefers v2",
    see: concepts,
    request: ["GET", "/apis/autoscaling"],
    code: 200,
    body: { preferredVersion: { version: "v2" } },
  },
  {
    about: "resources",
    see: concepts,
    request: ["GET", "/apis/apps/v1"],
    code: 200,
    body: { kind: "APIResourceList", groupVersion: "apps/v1" },
  },
  { about: "no such group", see: concepts, request: ["GET", "/apis/nope"], code: 404 },
  { about: "no such version", see: concepts, request: ["GET", "/apis/apps/v9"], code: 404 },
  {
    about: "aggregated",
    see: "https://kep.k8s.io/3352",
    request: [
      "GET",
      "/apis",
      undefined,
      accept("application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"),
    ],
    code: 200,
    body: { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2" },
    headers: { etag: /^"\w+"$/ },
  },
  {
    about: "aggregated core",
    see: "https://kep.k8s.io/3352",
    request: ["GET", "/api", undefined, accept("application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList")],
    code: 200,
    body: { items: [{ versions: [{ version: "v1" }] }] },
  },
  {
    about: "openapi v3 index",
    see: "https://kep.k8s.io/2896",
    request: ["GET", "/openapi/v3"],
    code: 200,
    text: /"api\/v1":\{"serverRelativeURL":"\/openapi\/v3\/api\/v1\?hash=/,
  },
  {
    about: "openapi v3 of a group",
    see: "https://kep.k8s.io/2896",
    request: ["GET", "/openapi/v3/apis/apps/v1"],
    code: 200,
    text: /"openapi":"3\.0\.0"/,
  },
  {
    about: "openapi v2",
    see: "https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v2",
    request: ["GET", "/openapi/v2"],
    code: 200,
    text: /"swagger":"2\.0"/,
  },
  {
    about: "the root lists what there is",
    see: access,
    request: ["GET", "/"],
    code: 200,
    body: {
      paths: expect.arrayContaining([
        ...["/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1"],
        ...["/healthz", "/healthz/ping", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/openid/v1/jwks"],
        ...["/readyz", "/version"],
      ]),
    },
    headers: { etag: /^"[\dA-F]{128}"$/ },
  },
  {
    about: "the root's list is indented, and sorted",
    see: access,
    request: ["GET", "/"],
    code: 200,
    text: /^\{\n {2}"paths": \[\n {4}"\/\.well-known\/openid-configuration",\n {4}"\/api",\n {4}"\/api\/v1",\n {4}"\/apis",\n/,
  },
  { about: "the root is not for nobody", see: access, request: ["GET", "/"], code: 401, as: "nobody" },
  { about: "an unknown path", see: access, request: ["GET", "/nowhere"], code: 404, text: "404 page not found\n" },
  {
    about: "an unknown group",
    see: access,
    request: ["GET", "/apis/nowhere"],
    code: 404,
    text: "404 page not found\n",
  },
  { about: "version", see: concepts, request: ["GET", "/version"], code: 200, body: { major: "1", minor: "36" } },
  ...["/healthz", "/livez", "/readyz"].map(
    (path): Case => ({
      about: path,
      see: "https://kubernetes.io/docs/reference/using-api/health-checks/",
      request: ["GET", path],
      code: 200,
      text: "ok",
    }),
  ),
  {
    about: "verbose checks",
    see: "https://kubernetes.io/docs/reference/using-api/health-checks/",
    request: ["GET", "/readyz?verbose"],
    code: 200,
    text: /\[\+\]ping ok\n[\s\S]*readyz check passed/,
  },
];

export const lists: readonly Case[] = [
  {
    about: "a list",
    see: concepts,
    request: ["GET", maps],
    code: 200,
    body: { kind: "ConfigMapList", apiVersion: "v1" },
  },
  {
    about: "a page",
    see: `${concepts}#retrieving-large-results-sets-in-chunks`,
    request: ["GET", `${maps}?limit=1`],
    code: 200,
    text: /"continue":"[^"]+","remainingItemCount":\d+|"remainingItemCount":\d+,"continue":"[^"]+"/,
  },
  {
    about: "no continue token",
    see: `${concepts}#retrieving-large-results-sets-in-chunks`,
    request: ["GET", `${maps}?limit=1&continue=x`],
    code: 400,
    text: /continue key is not valid/,
  },
  {
    about: "match without revision",
    see: `${concepts}#semantics-for-get-and-list`,
    request: ["GET", `${maps}?resourceVersionMatch=Exact`],
    code: 422,
    text: /resourceVersionMatch is forbidden unless resourceVersion is provided/,
  },
  {
    about: "exactly revision 0",
    see: `${concepts}#semantics-for-get-and-list`,
    request: ["GET", `${maps}?resourceVersion=0&resourceVersionMatch=Exact`],
    code: 422,
    text: /forbidden for resourceVersion/,
  },
  {
    about: "a match that is none",
    see: `${concepts}#semantics-for-get-and-list`,
    request: ["GET", `${maps}?resourceVersion=1&resourceVersionMatch=x`],
    code: 422,
    text: /supported values: /,
  },
  {
    about: "a revision to come",
    see: `${concepts}#unavailable-resource-versions`,
    request: ["GET", `${maps}?resourceVersion=99999999`],
    code: 504,
    text: /Too large resource version/,
  },
  {
    about: "set-based selectors",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    request: ["GET", `${maps}?labelSelector=${encodeURIComponent("tier in (a,b),!gone,tier!=c")}`],
    code: 200,
    body: { items: [{ metadata: { name: "ground" } }] },
  },
  {
    about: "a selector that is none",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    request: ["GET", `${maps}?labelSelector=${encodeURIComponent("a in")}`],
    code: 400,
    body: { reason: "BadRequest" },
  },
  {
    about: "greater than",
    see: "https://pkg.go.dev/k8s.io/apimachinery/pkg/labels#Parse",
    request: ["GET", `${maps}?labelSelector=${encodeURIComponent("size>5")}`],
    code: 200,
    body: { items: [{ metadata: { name: "ground" } }] },
  },
  {
    about: "fields",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/",
    request: ["GET", `${maps}?fieldSelector=metadata.name%3Dground`],
    code: 200,
    body: { items: [{ metadata: { name: "ground" } }] },
  },
  {
    about: "a field that is none",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/",
    request: ["GET", `${maps}?fieldSelector=foo.bar%3Dbaz`],
    code: 400,
    body: { message: '"foo.bar" is not a known field selector: only "metadata.name", "metadata.namespace"' },
  },
  {
    about: "Secrets by type",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/#list-of-supported-fields",
    request: ["GET", "/api/v1/secrets?fieldSelector=type%3DOpaque"],
    code: 200,
    body: { kind: "SecretList" },
  },
  {
    about: "all namespaces",
    see: concepts,
    request: ["GET", "/apis/apps/v1/deployments"],
    code: 200,
    body: { kind: "DeploymentList" },
  },
  {
    about: "as a table without objects",
    see: `${concepts}#receiving-resources-as-tables`,
    request: ["GET", `${maps}?includeObject=None`, undefined, accept("application/json;as=Table;g=meta.k8s.io;v=v1")],
    code: 200,
    body: { kind: "Table", columnDefinitions: [{ name: "Name" }, { name: "Data" }, { name: "Age" }] },
  },
  {
    about: "metadata alone",
    see: "https://kep.k8s.io/2334",
    request: ["GET", maps, undefined, accept("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")],
    code: 200,
    body: { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" },
  },
  {
    about: "a watch that sends what is there wants bookmarks' match",
    see: "https://kep.k8s.io/3157",
    request: ["GET", `${maps}?watch=1&sendInitialEvents=true`],
    code: 422,
    text: /resourceVersionMatch is required|sendInitialEvents/,
  },
];

export const patches: readonly Case[] = [
  {
    about: "merge",
    see: "https://www.rfc-editor.org/rfc/rfc7386",
    request: ["PATCH", `${maps}/ground?dryRun=All`, { data: { a: null, n: "1" } }, merge],
    code: 200,
    body: { data: { n: "1" } },
  },
  {
    about: "JSON",
    see: "https://www.rfc-editor.org/rfc/rfc6902",
    request: ["PATCH", `${maps}/ground?dryRun=All`, [{ op: "add", path: "/data/x", value: "y" }], json],
    code: 200,
    body: { data: { a: "b", x: "y" } },
  },
  {
    about: "JSON, a test that fails",
    see: "https://www.rfc-editor.org/rfc/rfc6902",
    request: ["PATCH", `${maps}/ground?dryRun=All`, [{ op: "test", path: "/data/a", value: "y" }], json],
    code: 422,
    body: { reason: "Invalid" },
  },
  {
    about: "JSON, no such path",
    see: "https://www.rfc-editor.org/rfc/rfc6902",
    request: ["PATCH", `${maps}/ground?dryRun=All`, [{ op: "remove", path: "/data/zz" }], json],
    code: 422,
  },
  {
    about: "strategic adds to a list by key",
    see: "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/",
    request: [
      "PATCH",
      `${deployments}/ground?dryRun=All`,
      { spec: { template: { spec: { containers: [{ name: "side", image: "i" }] } } } },
      strategic,
    ],
    code: 200,
    body: { spec: { template: { spec: { containers: [{ name: "side" }, { name: "main" }] } } } },
  },
  {
    about: "strategic deletes by key",
    see: "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/",
    request: [
      "PATCH",
      `${deployments}/ground?dryRun=All`,
      { spec: { template: { spec: { containers: [{ name: "main", $patch: "delete" }] } } } },
      strategic,
    ],
    code: 422,
    text: /spec\.template\.spec\.containers: Required value/,
  },
  {
    about: "strategic replaces",
    see: "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/",
    request: [
      "PATCH",
      `${deployments}/ground?dryRun=All`,
      { spec: { template: { spec: { containers: [{ $patch: "replace" }, { name: "only", image: "i" }] } } } },
      strategic,
    ],
    code: 200,
    body: { spec: { template: { spec: { containers: [{ name: "only" }] } } } },
  },
  {
    about: "strategic retains keys",
    see: "https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/#use-strategic-merge-patch-to-update-a-deployment-using-the-retainkeys-strategy",
    request: [
      "PATCH",
      `${deployments}/ground?dryRun=All`,
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      strategic,
    ],
    code: 200,
    body: { spec: { strategy: { type: "Recreate" } } },
  },
  {
    about: "another name",
    see: concepts,
    request: ["PATCH", `${maps}/ground`, { metadata: { name: "x" } }, merge],
    code: 400,
    text: /the name of the object \(x\) does not match the name on the URL \(ground\)/,
  },
  {
    about: "a revision that is past",
    see: concepts,
    request: ["PATCH", `${maps}/ground`, { metadata: { resourceVersion: "1" } }, merge],
    code: 409,
    body: { reason: "Conflict" },
  },
  { about: "nothing there", see: concepts, request: ["PATCH", `${maps}/nope`, {}, merge], code: 404 },
  {
    about: "apply creates",
    see: ssa,
    request: ["PATCH", `${maps}/made?fieldManager=m&dryRun=All`, map("made", { data: { a: "b" } }), applied],
    code: 201,
    body: { metadata: { managedFields: [{ manager: "m", operation: "Apply" }] } },
  },
  {
    about: "apply wants a manager",
    see: ssa,
    request: ["PATCH", `${maps}/made`, map("made"), applied],
    code: 422,
    text: /fieldManager: Required value: is required for apply patch/,
  },
  {
    about: "apply conflicts",
    see: `${ssa}#conflicts`,
    request: ["PATCH", `${maps}/ground?fieldManager=m`, map("ground", { data: { a: "other" } }), applied],
    code: 409,
    text: /Apply failed with 1 conflict: conflict with \\"unknown\\" using v1: \.data\.a/,
  },
  {
    about: "apply by force",
    see: `${ssa}#conflicts`,
    request: [
      "PATCH",
      `${maps}/ground?fieldManager=m&force=true&dryRun=All`,
      map("ground", { data: { a: "other" } }),
      applied,
    ],
    code: 200,
    body: { data: { a: "other" } },
  },
  {
    about: "apply with managedFields",
    see: ssa,
    request: ["PATCH", `${maps}/ground?fieldManager=m`, { ...map("ground"), metadata: { managedFields: [] } }, applied],
    code: 400,
    text: /metadata\.managedFields must be nil/,
  },
  {
    about: "force is for apply alone",
    see: ssa,
    request: ["PATCH", `${maps}/ground?force=true`, {}, merge],
    code: 422,
    text: /force: Forbidden: may not be specified for non-apply patch/,
  },
];

export const validation: readonly Case[] = [
  {
    about: "all causes at once",
    see: concepts,
    request: ["POST", pods, { metadata: { name: "A" }, spec: { restartPolicy: "x", containers: [{ name: "B" }] } }],
    code: 422,
    body: { reason: "Invalid", details: { kind: "Pod" } },
    text: /metadata\.name[\s\S]*spec\.containers\[0\]\.image[\s\S]*spec\.restartPolicy|spec\.containers\[0\]\.name/,
  },
  {
    about: "a wrong type",
    see: concepts,
    request: ["POST", pods, { metadata: { name: "a" }, spec: { containers: "x" } }],
    code: 400,
    text: /json: cannot unmarshal string into Go struct field PodSpec\.spec\.containers of type \[\]v1\.Container/,
  },
  {
    about: "a selector that does not fit its template",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
    request: [
      "POST",
      deployments,
      {
        metadata: { name: "a" },
        spec: {
          selector: { matchLabels: { a: "b" } },
          template: { metadata: { labels: { a: "c" } }, spec: { containers: [{ name: "a", image: "b" }] } },
        },
      },
    ],
    code: 422,
    text: /`selector` does not match template `labels`/,
  },
  {
    about: "an immutable selector",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates",
    request: ["PATCH", `${deployments}/ground`, { spec: { selector: { matchLabels: { app: "y" } } } }, merge],
    code: 422,
    text: /spec\.selector: Invalid value:[\s\S]*field is immutable/,
  },
  {
    about: "an immutable ConfigMap",
    see: "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable",
    request: ["PATCH", `${maps}/frozen`, { data: { a: "c" } }, merge],
    code: 422,
    text: /data: Forbidden: field is immutable when `immutable` is set/,
  },
  {
    about: "an immutable type of Secret",
    see: "https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
    request: ["PATCH", "/api/v1/namespaces/ground/secrets/ground", { type: "other" }, merge],
    code: 422,
    text: /type: Invalid value: [\s\S]*field is immutable/,
  },
  {
    about: "an immutable address",
    see: "https://kubernetes.io/docs/concepts/services-networking/service/",
    request: [
      "PATCH",
      "/api/v1/namespaces/ground/services/ground",
      { spec: { clusterIP: "10.43.9.9", clusterIPs: ["10.43.9.9"] } },
      merge,
    ],
    code: 422,
    text: /spec\.clusterIPs\[0\]: Invalid value[\s\S]*may not change once set/,
  },
  {
    about: "an immutable role",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example",
    request: [
      "PATCH",
      "/apis/rbac.authorization.k8s.io/v1/namespaces/ground/rolebindings/ground",
      { roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "y" } },
      merge,
    ],
    code: 422,
    text: /roleRef: Invalid value:[\s\S]*cannot change roleRef/,
  },
  {
    about: "an immutable priority",
    see: "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/",
    request: ["PATCH", "/apis/scheduling.k8s.io/v1/priorityclasses/ground", { value: 7 }, merge],
    code: 422,
    text: /value: Forbidden: may not be changed in an update\./,
  },
  {
    about: "a FlowSchema without subjects",
    see: "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
    request: [
      "POST",
      "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
      { metadata: { name: "f" }, spec: { priorityLevelConfiguration: { name: "l" }, rules: [{ resourceRules: [] }] } },
    ],
    code: 422,
    text: /spec\.rules\[0\]\.subjects: Required value: subjects must contain at least one value/,
  },
  {
    about: "an attachment of nothing to nowhere",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume-attachment-v1/",
    request: ["POST", "/apis/storage.k8s.io/v1/volumeattachments", { metadata: { name: "v" }, spec: { source: {} } }],
    code: 422,
    text: /spec\.attacher: Required value, spec\.nodeName: Required value, spec\.source: Required value/,
  },
  {
    about: "a level without limits",
    see: "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
    request: [
      "POST",
      "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
      { metadata: { name: "l" }, spec: { type: "Limited" } },
    ],
    code: 422,
    text: /spec\.limited: Required value: must not be empty when type is Limited/,
  },
  {
    about: "hands larger than the deck",
    see: "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
    request: [
      "POST",
      "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
      {
        metadata: { name: "l" },
        spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: { queues: 4, handSize: 8 } } } },
      },
    ],
    code: 422,
    text: /handSize: Invalid value: 8: should not be greater than queues \(4\)/,
  },
  {
    about: "a bad quantity",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/",
    request: [
      "POST",
      pods,
      {
        metadata: { name: "a" },
        spec: { containers: [{ name: "a", image: "b", resources: { limits: { cpu: "x" } } }] },
      },
    ],
    code: 400,
    text: /quantities must match the regular expression/,
  },
  {
    about: "requests beyond limits",
    see: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
    request: [
      "POST",
      pods,
      {
        metadata: { name: "a" },
        spec: { containers: [{ name: "a", image: "b", resources: { limits: { cpu: "1" }, requests: { cpu: "2" } } }] },
      },
    ],
    code: 422,
    text: /must be less than or equal to cpu limit of 1/,
  },
  {
    about: "an unknown duplicate",
    see: concepts,
    request: ["POST", `${maps}?fieldValidation=Strict`, '{"metadata":{"name":"d"},"data":{"a":"1","a":"2"}}'],
    code: 400,
    text: /duplicate field \\"data\.a\\"/,
  },
  {
    about: "field validation that is none",
    see: concepts,
    request: ["POST", `${maps}?fieldValidation=x`, map("d")],
    code: 422,
    text: /fieldValidation: Unsupported value/,
  },
  {
    about: "dry runs are All",
    see: concepts,
    request: ["POST", `${maps}?dryRun=x`, map("d")],
    code: 422,
    text: /dryRun: Unsupported value/,
  },
  {
    about: "a long manager",
    see: ssa,
    request: ["POST", `${maps}?fieldManager=${"m".repeat(200)}`, map("d")],
    code: 422,
    text: /fieldManager: (Too long|Invalid value)/,
  },
  {
    about: "defaults of a Deployment",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/",
    request: ["GET", `${deployments}/ground`],
    code: 200,
    body: {
      spec: {
        replicas: 0,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: "25%" } },
      },
    },
  },
  {
    about: "deprecated kinds warn",
    see: "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    request: ["GET", "/api/v1/namespaces/ground/endpoints"],
    code: 200,
    headers: { warning: /299 - "v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice"/ },
  },
];

export const deletion: readonly Case[] = [
  {
    about: "no such propagation",
    see: "https://kubernetes.io/docs/concepts/architecture/garbage-collection/",
    request: ["DELETE", `${maps}/ground`, { propagationPolicy: "x" }],
    code: 422,
    text: /propagationPolicy: Unsupported value|Invalid value: \\"x\\"/,
  },
  {
    about: "two ways at once",
    see: "https://kubernetes.io/docs/concepts/architecture/garbage-collection/",
    request: ["DELETE", `${maps}/ground`, { propagationPolicy: "Orphan", orphanDependents: true }],
    code: 422,
    text: /orphanDependents and deletionPropagation cannot be both set/,
  },
  {
    about: "another revision",
    see: concepts,
    request: ["DELETE", `${maps}/ground`, { preconditions: { resourceVersion: "1" } }],
    code: 409,
    text: /Precondition failed/,
  },
  {
    about: "a dry run",
    see: concepts,
    request: ["DELETE", `${maps}/ground?dryRun=All`],
    code: 200,
    body: { status: "Success" },
  },
  { about: "nothing", see: concepts, request: ["DELETE", `${maps}/nope`], code: 404 },
  {
    about: "nothing of a collection",
    see: concepts,
    request: ["DELETE", `${maps}?labelSelector=nothing`],
    code: 200,
    body: { kind: "ConfigMapList", items: [] },
  },
  {
    about: "no collection of namespaces",
    see: concepts,
    request: ["DELETE", "/api/v1/namespaces"],
    code: 405,
    body: { reason: "MethodNotAllowed" },
  },
  {
    about: "default namespaces stay",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespacelifecycle",
    request: ["DELETE", "/api/v1/namespaces/default"],
    code: 403,
    body: { reason: "Forbidden", message: 'namespaces "default" is forbidden: this namespace may not be deleted' },
  },
];

export const subresources: readonly Case[] = [
  {
    about: "scale",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/scale-v1/",
    request: ["GET", `${deployments}/ground/scale`],
    code: 200,
    body: { kind: "Scale", apiVersion: "autoscaling/v1", status: { selector: "app=x" } },
  },
  {
    about: "scale as a table",
    see: "https://kep.k8s.io/2590",
    request: ["GET", `${deployments}/ground/scale`, undefined, accept("application/json;as=Table;g=meta.k8s.io;v=v1")],
    code: 200,
    body: { columnDefinitions: [{ name: "Name" }, { name: "Desired" }, { name: "Available" }, { name: "Age" }] },
  },
  {
    about: "a negative scale",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/autoscaling-resources/scale-v1/",
    request: ["PATCH", `${deployments}/ground/scale`, { spec: { replicas: -1 } }, merge],
    code: 422,
    text: /must be greater than or equal to 0/,
  },
  {
    about: "status changes status alone",
    see: concepts,
    request: [
      "PATCH",
      `${deployments}/ground/status?dryRun=All`,
      { spec: { replicas: 9 }, status: { replicas: 0, observedGeneration: 3 } },
      merge,
    ],
    code: 200,
    body: { spec: { replicas: 0 }, status: { observedGeneration: 3 } },
  },
  { about: "no such subresource", see: concepts, request: ["GET", `${deployments}/ground/nope`], code: 404 },
  { about: "ConfigMaps have no status", see: concepts, request: ["GET", `${maps}/ground/status`], code: 404 },
  {
    about: "a token",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/",
    request: [
      "POST",
      "/api/v1/namespaces/ground/serviceaccounts/ground/token",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 600 } },
    ],
    code: 201,
    body: { kind: "TokenRequest", spec: { expirationSeconds: 600 } },
  },
  {
    about: "a token too short",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/",
    request: [
      "POST",
      "/api/v1/namespaces/ground/serviceaccounts/ground/token",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 5 } },
    ],
    code: 422,
    text: /may not specify a duration less than 10 minutes/,
  },
  {
    about: "an eviction of nothing",
    see: "https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/",
    request: [
      "POST",
      `${pods}/nope/eviction`,
      { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "nope" } },
    ],
    code: 404,
  },
];

export const reviews: readonly Case[] = [
  {
    about: "who am I",
    see: "https://kep.k8s.io/3325",
    request: [
      "POST",
      "/apis/authentication.k8s.io/v1/selfsubjectreviews",
      { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    ],
    code: 201,
    body: { kind: "SelfSubjectReview" },
    text: /"system:masters"/,
  },
  {
    about: "may I",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authorization/",
    request: [
      "POST",
      "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb: "get", resource: "pods" } },
      },
    ],
    code: 201,
    body: { status: { allowed: true } },
  },
  {
    about: "may she",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authorization/",
    request: [
      "POST",
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user: "jane", resourceAttributes: { verb: "get", resource: "pods" } },
      },
    ],
    code: 201,
    body: { status: { allowed: false } },
  },
  {
    about: "may she here",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authorization/",
    request: [
      "POST",
      "/apis/authorization.k8s.io/v1/namespaces/ground/localsubjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "LocalSubjectAccessReview",
        spec: { user: "jane", resourceAttributes: { namespace: "ground", verb: "get", resource: "pods" } },
      },
    ],
    code: 201,
    body: { status: { allowed: false } },
  },
  {
    about: "elsewhere is not here",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authorization/",
    request: [
      "POST",
      "/apis/authorization.k8s.io/v1/namespaces/ground/localsubjectaccessreviews",
      {
        apiVersion: "authorization.k8s.io/v1",
        kind: "LocalSubjectAccessReview",
        spec: { user: "jane", resourceAttributes: { namespace: "other", verb: "get", resource: "pods" } },
      },
    ],
    code: 422,
  },
  {
    about: "what may I",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authorization/",
    request: [
      "POST",
      "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
      { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace: "ground" } },
    ],
    code: 201,
    body: { status: { incomplete: false } },
  },
  {
    about: "a token that is none",
    see: "https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/",
    request: [
      "POST",
      "/apis/authentication.k8s.io/v1/tokenreviews",
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "x" } },
    ],
    code: 201,
    text: /"error":"/,
  },
  {
    about: "nobody may read",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests",
    request: ["GET", maps],
    code: 401,
    as: "nobody",
  },
  {
    about: "somebody else",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation",
    request: ["GET", maps, undefined, { "impersonate-user": "jane" }],
    code: 403,
    body: {
      message:
        'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "ground"',
    },
  },
  {
    about: "groups without a user",
    see: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation",
    request: ["GET", maps, undefined, { "impersonate-group": "g" }],
    code: 500,
  },
];
