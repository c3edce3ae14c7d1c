/** kubectl_apply, _diff, _kustomize; https://kubernetes.io/docs/reference/using-api/server-side-apply/. */
import type { Step } from "./tour.ts";

export const applying: readonly Step[] = [
  { run: "diff -f {dir}/map.yaml", code: 1, matches: /\n\+apiVersion: v1\n\+data:\n\+ {2}a: b\n\+kind: ConfigMap\n/ },
  { run: "apply -f {dir}/map.yaml --dry-run=server", says: "configmap/map created (server dry run)\n" },
  { run: "apply -f {dir}/map.yaml", says: "configmap/map created\n" },
  { run: "apply -f {dir}/map.yaml", says: "configmap/map unchanged\n" },
  { run: "diff -f {dir}/map.yaml", says: "" },
  { run: "diff -f {dir}/map-2.yaml", code: 1, matches: /\n data:\n- {2}a: b\n\+ {2}a: c\n/ },
  {
    run: "apply view-last-applied cm map",
    says: "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  annotations: {}\n  name: map\n  namespace: {ns}\n",
  },
  { run: "apply set-last-applied -f {dir}/map-2.yaml", says: "configmap/map configured\n" },
  { run: "apply -f {dir}/map-2.yaml", says: "configmap/map configured\n" },
  // What client-side apply owned is moved to an apply of the same manager; the annotation has one of its own.
  { run: "apply --server-side -f {dir}/map-2.yaml", says: "configmap/map serverside-applied\n" },
  {
    run: "get cm map -o jsonpath={.metadata.managedFields[*].manager}:{.metadata.managedFields[*].operation}",
    says: "kubectl kubectl-last-applied:Apply Apply",
  },
  {
    run: "apply --server-side -f {dir}/map-3.yaml --field-manager=other",
    code: 1,
    warns:
      'error: Apply failed with 1 conflict: conflict with "kubectl": .data.a\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the `--force-conflicts` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you\'ll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\nSee https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts\n',
  },
  {
    run: "diff --server-side -f {dir}/map-3.yaml --force-conflicts --field-manager=other",
    code: 1,
    matches: /\n data:\n- {2}a: c\n\+ {2}a: d\n/,
  },
  {
    run: "apply --server-side -f {dir}/map-3.yaml --field-manager=other --force-conflicts",
    says: "configmap/map serverside-applied\n",
  },
  {
    run: "get cm map -o yaml --show-managed-fields",
    matches: /managedFields:\n {2}- apiVersion: v1\n {4}fieldsType: FieldsV1\n {4}fieldsV1:\n/,
  },
  // And back.
  { run: "apply -f {dir}/map-2.yaml", says: "configmap/map configured\n" },
  { run: "get cm map -o jsonpath={.data.a}", says: "c" },
  {
    run: "kustomize {dir}/kus-2",
    says: "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  labels:\n    app: kus\n  name: k-map\n",
  },
  { run: "apply -k {dir}/kus", says: "configmap/k-gen-4h2mbtbbt6 created\nconfigmap/k-map created\n" },
  { run: "get -k {dir}/kus -o name", says: "configmap/k-gen-4h2mbtbbt6\nconfigmap/k-map\n" },
  { run: "diff -k {dir}/kus", says: "" },
  {
    run: "apply --prune -l app=kus -k {dir}/kus-2 --prune-allowlist=core/v1/ConfigMap",
    says: "configmap/k-map unchanged\nconfigmap/k-gen-4h2mbtbbt6 pruned\n",
  },
  { run: "delete -k {dir}/kus-2", says: 'configmap "k-map" deleted\n' },
  {
    run: "auth reconcile -f {dir}/role.yaml",
    matches: /^role\.rbac\.authorization\.k8s\.io\/recon reconciled\n/,
  },
  { run: "auth reconcile -f {dir}/role.yaml", says: "role.rbac.authorization.k8s.io/recon reconciled\n" },
  { run: "delete -f {dir}/map.yaml", says: 'configmap "map" deleted\n' },
];
