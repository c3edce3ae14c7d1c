import { defineGroup, type KindRow } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";

/** Questions that are answered and kept nowhere: create is all there is. */
function review(kind: string, plural: string, scope?: "Cluster"): KindRow {
  return { kind, plural, ...(scope ? { scope } : {}), verbs: ["create"], strategy: { hasGeneration: false } };
}

export const reviewDefinitions: readonly ResourceDefinition[] = [
  ...defineGroup("authentication.k8s.io", "k8s.io/api/authentication", [
    review("SelfSubjectReview", "selfsubjectreviews", "Cluster"),
    review("TokenReview", "tokenreviews", "Cluster"),
  ]),
  ...defineGroup("authorization.k8s.io", "k8s.io/api/authorization", [
    review("LocalSubjectAccessReview", "localsubjectaccessreviews"),
    review("SelfSubjectAccessReview", "selfsubjectaccessreviews", "Cluster"),
    review("SelfSubjectRulesReview", "selfsubjectrulesreviews", "Cluster"),
    review("SubjectAccessReview", "subjectaccessreviews", "Cluster"),
  ]),
];
