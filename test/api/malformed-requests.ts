/** Five hundred bad requests of many kinds, always the same ones. */

export interface Malformed {
  readonly about: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A small generator of numbers, so that a failure can be repeated. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const pods = "/api/v1/namespaces/default/pods";
const good = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "bad", labels: { a: "b" } },
  spec: { containers: [{ name: "c", image: "i", ports: [{ containerPort: 80 }] }] },
});

const wrongValues = [null, true, -1, 1.5, 1e300, "", "x", [], [[]], {}, [null], "\u0000", "ä", { a: { b: {} } }];

export function malformedRequests(count: number): Malformed[] {
  const next = numbers(42);
  const kinds: ((i: number) => Malformed)[] = [
    truncated,
    (i) => mutated(i, next),
    (i) => wrongTypes(i, next),
    (i) => badUtf8(i, next),
    nested,
    badPath,
    badQuery,
    badHeaders,
    badPatch,
    badOptions,
    (i) => noise(i, next),
    badProtobuf,
    badYaml,
  ];
  return Array.from({ length: count }, (_, i) => {
    const kind = kinds[i % kinds.length] as (i: number) => Malformed;
    return kind(Math.floor(i / kinds.length));
  });
}

function truncated(i: number): Malformed {
  return { about: "truncated JSON", method: "POST", path: pods, body: good.slice(0, (i * 7) % (good.length - 1)) };
}

/** One byte is another one. */
function mutated(_i: number, next: (below: number) => number): Malformed {
  const body = Buffer.from(good);
  body[next(body.length)] = next(256);
  return { about: "one byte changed", method: "POST", path: `${pods}?dryRun=All`, body };
}

function wrongTypes(_i: number, next: (below: number) => number): Malformed {
  const object = JSON.parse(good) as Record<string, unknown>;
  let at: Record<string, unknown> = object;
  for (;;) {
    const keys = Object.keys(at);
    const key = keys[next(keys.length)] as string;
    const inner = at[key];
    if (typeof inner !== "object" || inner === null || next(3) === 0) {
      at[key] = wrongValues[next(wrongValues.length)];
      break;
    }
    at = inner as Record<string, unknown>;
  }
  return { about: "wrong type", method: "POST", path: `${pods}?dryRun=All`, body: JSON.stringify(object) };
}

function badUtf8(_i: number, next: (below: number) => number): Malformed {
  const body = Buffer.from(good);
  for (let n = 0; n < 4; n++) body[next(body.length)] = 0x80 + next(128);
  return { about: "bad UTF-8", method: "POST", path: `${pods}?dryRun=All`, body };
}

function nested(i: number): Malformed {
  const depth = [50, 999, 1001, 20_000, 400_000][i % 5] ?? 50;
  const open = i % 2 ? "[" : '{"a":';
  const close = i % 2 ? "]" : "}";
  const inner = open.repeat(depth) + (i % 2 ? "" : "1") + close.repeat(depth);
  const body = i % 3 ? inner : `{"metadata":{"name":"deep"},"spec":${inner}}`;
  return { about: `nested ${depth} deep`, method: "POST", path: pods, body };
}

const paths = [
  "/api/v1/namespaces/%zz/pods",
  "/api/v1/namespaces/default/pods/%",
  "/api/v1/namespaces/default/pods/a%2fb",
  "/api/v1/namespaces/default/pods/%00",
  "/api/v1/namespaces/../pods",
  "/api/v1/namespaces/default/pods/x/y/z/w",
  "/api/v1/namespaces//pods",
  "//api/v1/pods",
  "/api/v2/pods",
  "/api/v1",
  "/api/v1/",
  "/api/v1/__proto__",
  "/apis/constructor/v1/x",
  "/apis/apps/v1/namespaces/default/__proto__/x",
  "/apis/apps",
  "/apis/apps/v9",
  "/api/v1/namespaces/default/pods/x/__proto__",
  "/api/v1/nodes/x/namespaces/y",
  "/api/v1/namespaces/default/nodes",
  "/openapi/v3/apis/nope/v1",
  "/openapi/v9",
  `/api/v1/namespaces/default/pods/${"x".repeat(3000)}`,
  "/healthz/nope",
  "/api/v1/watch",
  "/api/v1/watch/namespaces/default/nope",
  "/%ff%fe",
];

function badPath(i: number): Malformed {
  const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"];
  const method = methods[Math.floor(i / paths.length) % methods.length] ?? "GET";
  return {
    about: "bad path",
    method,
    path: paths[i % paths.length] ?? "/",
    ...(method === "POST" ? { body: good } : {}),
  };
}

const queries = [
  "limit=abc",
  "limit=99999999999999999999",
  "limit=-1",
  "continue=%%%",
  "continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
  `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":99999999,"start":"a"}').toString("base64url")}`,
  "resourceVersion=abc",
  "resourceVersion=-5",
  "resourceVersion=99999999999999999999999",
  "resourceVersion=1&resourceVersionMatch=Sometimes",
  "resourceVersionMatch=Exact",
  "labelSelector=a%3D%3D%3Db",
  "labelSelector=(((",
  "labelSelector=a+in+(b",
  `labelSelector=${"a,".repeat(2000)}`,
  "fieldSelector=spec.nope%3Dx",
  "fieldSelector=%5C",
  "fieldSelector=a",
  "watch=1&timeoutSeconds=abc",
  "watch=1&resourceVersion=zzz",
  "watch=1&sendInitialEvents=true",
  "watch=1&resourceVersionMatch=Exact",
  "%zz=%zz",
  "includeObject=Everything",
];

function badQuery(i: number): Malformed {
  const table = i % 2 ? { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } : {};
  const query = queries[i % queries.length] ?? "";
  // An endless watch is no bad request: those that are fine end at once.
  return {
    about: `query ${query}`,
    method: "GET",
    path: `${pods}?${query}&timeoutSeconds=${query.startsWith("watch") ? "" : "1"}`,
    headers: table,
  };
}

const headers: readonly Readonly<Record<string, string>>[] = [
  { "content-type": "application/xml" },
  { "content-type": "*/*" },
  { "content-type": ";;;" },
  { "content-type": "text/plain" },
  { accept: "application/vnd.kubernetes.protobuf" },
  { accept: "text/html" },
  { accept: ",,,;;;===" },
  { accept: "application/json;as=Table;v=v7;g=meta.k8s.io" },
  { accept: "application/json;as=Nothing;v=v1;g=meta.k8s.io" },
  { "content-encoding": "gzip" },
  { "content-encoding": "br" },
  { "content-type": "application/json; charset=utf-16" },
];

function badHeaders(i: number): Malformed {
  return {
    about: "bad headers",
    method: "POST",
    path: `${pods}?dryRun=All`,
    headers: headers[i % headers.length] ?? {},
    body: good,
  };
}

const patches: readonly (readonly [string, string])[] = [
  ["application/json-patch+json", "{}"],
  ["application/json-patch+json", '[{"op":"nope","path":"/a"}]'],
  ["application/json-patch+json", '[{"op":"replace","path":"nope","value":1}]'],
  ["application/json-patch+json", '[{"op":"add","path":"/__proto__/x","value":1}]'],
  ["application/json-patch+json", '[{"op":"test","path":"/metadata/name","value":"other"}]'],
  ["application/json-patch+json", "[null]"],
  [
    "application/json-patch+json",
    `[${'{"op":"copy","from":"","path":"/data"},'.repeat(40)}{"op":"copy","from":"","path":"/data"}]`,
  ],
  ["application/merge-patch+json", "[]"],
  ["application/merge-patch+json", "null"],
  ["application/merge-patch+json", '{"metadata":null}'],
  ["application/merge-patch+json", '{"metadata":{"name":"other"}}'],
  ["application/merge-patch+json", '{"metadata":{"resourceVersion":"x"}}'],
  ["application/merge-patch+json", '{"kind":"Secret"}'],
  ["application/merge-patch+json", '{"data":5}'],
  ["application/strategic-merge-patch+json", '{"$patch":"explode"}'],
  ["application/strategic-merge-patch+json", '{"metadata":{"$deleteFromPrimitiveList/finalizers":5}}'],
  ["application/strategic-merge-patch+json", '{"metadata":{"ownerReferences":[{"$patch":"delete"}]}}'],
  ["application/strategic-merge-patch+json", '{"metadata":{"$setElementOrder/finalizers":[1]}}'],
  ["application/apply-patch+yaml", "a: b"],
  ["application/nope", "{}"],
  ["", "{}"],
];

function badPatch(i: number): Malformed {
  const [type, body] = patches[i % patches.length] ?? ["", ""];
  const path = "/api/v1/namespaces/default/configmaps/target";
  return {
    about: `patch ${type} ${body.slice(0, 60)}`,
    method: "PATCH",
    path,
    headers: { "content-type": type },
    body,
  };
}

const options: readonly Omit<Malformed, "about">[] = [
  { method: "DELETE", path: `${pods}/none`, body: "{" },
  { method: "DELETE", path: `${pods}/none`, body: '{"gracePeriodSeconds":"x"}' },
  { method: "DELETE", path: `${pods}/none`, body: '{"propagationPolicy":"x"}' },
  { method: "DELETE", path: `${pods}/none`, body: '{"preconditions":7}' },
  { method: "DELETE", path: `${pods}/none`, body: '{"kind":"Pod"}' },
  { method: "DELETE", path: `${pods}/none`, body: "[]" },
  { method: "DELETE", path: `${pods}/none?gracePeriodSeconds=x` },
  { method: "DELETE", path: `${pods}?labelSelector=((` },
  { method: "POST", path: `${pods}?fieldValidation=Maybe`, body: good },
  { method: "POST", path: `${pods}?dryRun=Perhaps`, body: good },
  { method: "POST", path: `${pods}/x/binding`, body: '{"target":5}' },
  { method: "POST", path: `${pods}/x/binding`, body: "7" },
  { method: "POST", path: `${pods}/x/eviction`, body: '{"deleteOptions":{"dryRun":"x"}}' },
  { method: "PUT", path: "/api/v1/namespaces/default/finalize", body: '{"spec":{"finalizers":5}}' },
  { method: "PUT", path: "/apis/apps/v1/namespaces/default/deployments/x/scale", body: '{"spec":{"replicas":"x"}}' },
  { method: "PUT", path: "/apis/apps/v1/namespaces/default/deployments/x/scale", body: "[]" },
  { method: "PUT", path: `${pods}/x`, body: good },
  { method: "PUT", path: `${pods}/bad/status`, body: good },
  { method: "GET", path: `${pods}/x/exec` },
  { method: "GET", path: `${pods}/x/log?tailLines=abc` },
  {
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    body: '{"spec":{"resourceAttributes":5}}',
  },
  {
    method: "POST",
    path: "/api/v1/namespaces/default/services",
    body: '{"metadata":{"name":"s"},"spec":{"clusterIP":"1.2.3"}}',
  },
  {
    method: "POST",
    path: "/api/v1/namespaces/default/services",
    body: '{"metadata":{"name":"s"},"spec":{"ports":[{"port":80,"nodePort":99999}],"type":"NodePort"}}',
  },
  {
    method: "POST",
    path: "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers",
    body: '{"metadata":{"name":"h","annotations":{"autoscaling.alpha.kubernetes.io/metrics":"{{{"}}}',
  },
];

function badOptions(i: number): Malformed {
  const request = options[i % options.length] as Omit<Malformed, "about">;
  return { about: `${request.method} ${request.path} ${String(request.body ?? "")}`, ...request };
}

function noise(_i: number, next: (below: number) => number): Malformed {
  const body = Buffer.from(Array.from({ length: 1 + next(2000) }, () => next(256)));
  return { about: "noise", method: next(2) ? "POST" : "PUT", path: next(2) ? pods : `${pods}/x`, body };
}

function badProtobuf(i: number): Malformed {
  const magic = Buffer.from("k8s\0\x0a\x09\x0a\x02v1\x12\x03Pod\x12", "latin1");
  const rest = Buffer.from(Array.from({ length: i }, (_, n) => (n * 37 + i * 11) % 256));
  const body = i % 4 === 0 ? rest : Buffer.concat([magic, Buffer.from([rest.length]), rest]);
  return {
    about: `protobuf ${body.toString("hex").slice(0, 60)}`,
    method: "POST",
    path: `${pods}?dryRun=All`,
    headers: { "content-type": "application/vnd.kubernetes.protobuf" },
    body,
  };
}

const yamls = [
  "a: b: c",
  "\t- x",
  "&a [*a, *a]",
  "? ? ?",
  "%YAML 9",
  "- ",
  "!!binary x",
  "a: *nope",
  "null",
  `${"[".repeat(2000)}`,
  "a: !!float x",
];

function badYaml(i: number): Malformed {
  return {
    about: "yaml",
    method: "POST",
    path: `${pods}?dryRun=All`,
    headers: { "content-type": "application/yaml" },
    body: yamls[i % yamls.length] ?? "",
  };
}
