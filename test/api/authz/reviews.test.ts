/** What reviews refuse to be asked: pkg/apis/authorization/validation of kube-apiserver. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fixture, startApi } from "../fixture.ts";

const see = "https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access";
const group = "/apis/authorization.k8s.io/v1";
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const pods = { verb: "get", resource: "pods", namespace: "default" };
const path = { verb: "get", path: "/metrics" };
const cases: [string, string, object, object, string][] = [
  [
    "SubjectAccessReview",
    "subjectaccessreviews",
    {},
    { resourceAttributes: pods },
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ],
  [
    "SubjectAccessReview",
    "subjectaccessreviews",
    {},
    { user: "a" },
    "exactly one of nonResourceAttributes or resourceAttributes must be specified",
  ],
  [
    "SubjectAccessReview",
    "subjectaccessreviews",
    {},
    { user: "a", resourceAttributes: pods, nonResourceAttributes: path },
    "cannot be specified in combination with resourceAttributes",
  ],
  [
    "SubjectAccessReview",
    "subjectaccessreviews",
    { name: "x" },
    { user: "a", resourceAttributes: pods },
    "must be empty",
  ],
  [
    "SelfSubjectAccessReview",
    "selfsubjectaccessreviews",
    { labels: { a: "b" } },
    { resourceAttributes: pods },
    "must be empty",
  ],
  [
    "LocalSubjectAccessReview",
    "namespaces/default/localsubjectaccessreviews",
    { name: "x" },
    { user: "a", resourceAttributes: pods },
    "must be empty except for namespace",
  ],
  [
    "LocalSubjectAccessReview",
    "namespaces/default/localsubjectaccessreviews",
    {},
    { user: "a", nonResourceAttributes: path },
    "spec.nonResourceAttributes: Invalid value: ",
  ],
  [
    "LocalSubjectAccessReview",
    "namespaces/default/localsubjectaccessreviews",
    {},
    { user: "a", resourceAttributes: { ...pods, namespace: "kube-system" } },
    'spec.resourceAttributes.namespace: Invalid value: "kube-system": must match metadata.namespace',
  ],
];
test.each(cases)(`%s to %s with %j and %j is refused (see ${see})`, async (kind, where, metadata, spec, message) => {
  const { code, body } = await api.post(`${group}/${where}`, {
    apiVersion: "authorization.k8s.io/v1",
    kind,
    metadata,
    spec,
  });
  expect([code, body.reason]).toEqual([422, "Invalid"]);
  expect(body.message).toContain(`${kind}.authorization.k8s.io "" is invalid: `);
  expect(body.message).toContain(message);
});

test(`SelfSubjectRulesReview needs a namespace (see ${see})`, async () => {
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: {} };
  const { code, body } = await api.post(`${group}/selfsubjectrulesreviews`, review);
  expect([code, body.message]).toEqual([400, "no namespace on request"]);
});

test(`reasons come with what is allowed (see ${see})`, async () => {
  const identity = await api.certificates.client("somebody", []);
  const { body } = await api.ask("POST", `${group}/selfsubjectaccessreviews`, {
    identity,
    body: {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { nonResourceAttributes: { verb: "get", path: "/api" } },
    },
  });
  expect(body.status).toEqual({
    allowed: true,
    reason:
      'RBAC: allowed by ClusterRoleBinding "system:discovery" of ClusterRole "system:discovery" to Group "system:authenticated"',
  });
});
