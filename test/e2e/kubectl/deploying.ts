/** kubectl_rollout, _scale, _set, _edit, _patch, _replace, _wait, _delete. */
import type { Step } from "./tour.ts";

const sed = (script: string): Readonly<Record<string, string>> => ({ KUBE_EDITOR: `sed -i ${script}` });

export const deploying: readonly Step[] = [
  { run: "wait deployment/web --for=condition=Available --timeout=20s", says: "deployment.apps/web condition met\n" },
  { run: "rollout status deployment/web --timeout=20s", says: 'deployment "web" successfully rolled out\n' },
  { run: "set image deployment/web nginx=nginx:2", says: "deployment.apps/web image updated\n" },
  { run: "set image deployment/web nope=x", code: 1, warns: 'error: unable to find container named "nope"\n' },
  { run: "rollout status deployment/web --timeout=20s", matches: /successfully rolled out\n$/ },
  {
    run: "rollout history deployment/web",
    says: "deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n",
  },
  {
    run: "rollout history deployment/web --revision=1",
    matches:
      /^deployment\.apps\/web with revision #1\nPod Template:\n {2}Labels:\tapp=web\n\tpod-template-hash=\w+\n {2}Containers:\n {3}nginx:\n {4}Image:\tnginx\n/,
  },
  { run: "rollout undo deployment/web", says: "deployment.apps/web rolled back\n" },
  {
    run: "rollout undo deployment/web --to-revision=99",
    code: 1,
    warns: "error: unable to find specified revision 99 in history\n",
  },
  { run: "get deployment web -o jsonpath={.spec.template.spec.containers[0].image}", says: "nginx" },
  { run: "rollout pause deployment/web", says: "deployment.apps/web paused\n" },
  { run: "rollout pause deployment/web", code: 1, warns: 'error: deployments.apps "web" is already paused\n' },
  {
    run: "rollout restart deployment/web",
    code: 1,
    warns: 'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n',
  },
  { run: "rollout resume deployment/web", says: "deployment.apps/web resumed\n" },
  { run: "rollout restart deployment/web", says: "deployment.apps/web restarted\n" },
  { run: "rollout status deployment/web --timeout=20s", matches: /successfully rolled out\n$/ },
  { run: "scale deployment web --replicas=2", says: "deployment.apps/web scaled\n" },
  {
    run: "scale deployment web --replicas=1 --current-replicas=5",
    code: 1,
    warns: "error: Expected replicas to be 5, was 2\n",
  },
  {
    run: "scale --replicas=1 deployment/web deployment/nope",
    code: 1,
    says: "deployment.apps/web scaled\n",
    warns: 'Error from server (NotFound): deployments.apps "nope" not found\n',
  },
  { run: "set env deployment/web A=b", says: "deployment.apps/web env updated\n" },
  { run: "set env deployment/web --list", says: "# Deployment web, container nginx\nA=b\n" },
  {
    run: "set env deployment/web --from=configmap/cm --keys=a",
    says: "deployment.apps/web env updated\n",
    warns: "Warning: key a transferred to A\n",
  },
  { run: "set env deployment/web A-", says: "deployment.apps/web env updated\n" },
  {
    run: "set resources deployment web --limits=cpu=200m,memory=512Mi --requests=cpu=100m",
    says: "deployment.apps/web resource requirements updated\n",
  },
  {
    run: "get deployment web -o jsonpath={.spec.template.spec.containers[0].resources}",
    says: '{"limits":{"cpu":"200m","memory":"512Mi"},"requests":{"cpu":"100m"}}',
  },
  { run: "set selector service sv1 a=b", says: "service/sv1 selector updated\n" },
  { run: "set serviceaccount deployment web sa1", says: "deployment.apps/web serviceaccount updated\n" },
  {
    run: "set subject rolebinding rb1 --user=admin --group=g",
    says: "rolebinding.rbac.authorization.k8s.io/rb1 subjects updated\n",
  },
  { run: "edit configmap cm", env: sed("s/nothing/else/"), warns: "Edit cancelled, no changes made.\n" },
  { run: "edit configmap cm", env: sed("s/^..a:.*/\\ \\ a:\\ edited/"), says: "configmap/cm edited\n" },
  { run: "get configmap cm -o jsonpath={.data.a}", says: "edited" },
  {
    run: "edit deployment web",
    env: sed("s/name:.web/name:\\ bad/"),
    code: 1,
    warns: /error: At least one of apiVersion, kind and name was changed\n$/,
  },
  {
    run: 'patch deployment web --type=json -p [{"op":"replace","path":"/spec/replicas","value":2}]',
    says: "deployment.apps/web patched\n",
  },
  {
    run: 'patch deployment web --type=json -p [{"op":"test","path":"/spec/replicas","value":9}]',
    code: 1,
    warns: "The request is invalid: the server rejected our request due to an error in our request\n",
  },
  { run: 'patch deployment web --type=merge -p {"spec":{"replicas":3}}', says: "deployment.apps/web patched\n" },
  { run: 'patch deployment web -p {"spec":{"replicas":3}}', says: "deployment.apps/web patched (no change)\n" },
  {
    run: 'patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}',
    says: "deployment.apps/web patched\n",
  },
  { run: "get deployment web -o jsonpath={.spec.template.spec.containers[*].name}", says: "side nginx" },
  {
    run: 'patch deployment web -p {"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}',
    says: "deployment.apps/web patched\n",
  },
  {
    run: 'patch deployment web --subresource=scale --type=merge -p {"spec":{"replicas":2}}',
    says: "scale.autoscaling/web patched\n",
  },
  {
    run: 'patch deployment web --subresource=status --type=merge -p {"status":{"collisionCount":1}}',
    says: "deployment.apps/web patched\n",
  },
  { run: "get deployment web --subresource=scale", matches: /^NAME +DESIRED +AVAILABLE +AGE\nweb +2 +\d +\d+s\n$/ },
  {
    run: 'patch deployment web -p {"spec":{"selector":{"matchLabels":{"app":"x"}}}}',
    code: 1,
    warns:
      /^The Deployment "web" is invalid: \n\* spec\.template\.metadata\.labels: Invalid value: .*\n\* spec\.selector: Invalid value: .*: field is immutable\n$/,
  },
  {
    run: 'patch pod p1 -p {"spec":{"containers":[{"name":"p1","command":["x"]}]}}',
    code: 1,
    warns:
      /^The Pod "p1" is invalid: spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`/,
  },
  {
    run: "replace -f -",
    stdin: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: replaced}\n",
    says: "configmap/cm replaced\n",
  },
  {
    run: "replace --force -f -",
    stdin: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: forced}\n",
    says: 'configmap "cm" deleted\nconfigmap/cm replaced\n',
  },
  {
    run: "replace -f -",
    stdin: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: none}\n",
    code: 1,
    warns: 'Error from server (NotFound): error when replacing "STDIN": configmaps "none" not found\n',
  },
  { run: "wait pod/p1 --for=jsonpath={.status.phase}=Running --timeout=5s", says: "pod/p1 condition met\n" },
  {
    run: "wait pod/p1 --for=condition=Nope --timeout=1s",
    code: 1,
    warns: "error: timed out waiting for the condition on pods/p1\n",
  },
  { run: "wait --for=create pod/p1 --timeout=5s", says: "pod/p1 condition met\n" },
  { run: "delete pod p2 --wait=false", says: 'pod "p2" deleted\n' },
  { run: "wait --for=delete pod/p2 --timeout=60s", matches: /^(pod\/p2 condition met\n)?$/ },
  { run: "delete pod p2", code: 1, warns: 'Error from server (NotFound): pods "p2" not found\n' },
  { run: "delete pod p2 --ignore-not-found", says: "" },
  { run: "delete pod typo --now", says: 'pod "typo" deleted\n' },
  { run: "delete svc,cm sv4 cm --dry-run=server", code: 1, matches: /service "sv4" deleted \(server dry run\)/ },
  {
    run: "delete pod p1 --force --grace-period=0",
    says: 'pod "p1" force deleted\n',
    warns: /^Warning: Immediate deletion does not wait for confirmation/,
  },
  { run: "delete job j1 j2 --cascade=orphan", says: 'job.batch "j1" deleted\njob.batch "j2" deleted\n' },
  { run: "delete hpa -l nope=x", says: "No resources found\n" },
  { run: "delete svc sv1 -o name", says: "service/sv1\n" },
  { run: "delete deployment web --cascade=foreground --timeout=30s", says: 'deployment.apps "web" deleted\n' },
  { run: "get rs -o name", says: "" },
];
