/** kubectl_auth, _certificate, _taint, _cordon, _drain, _cluster-info, _api-resources, _version, _config, _events. */
import type { Step } from "./tour.ts";

export const cluster: readonly Step[] = [
  { run: "auth can-i get pods", says: "yes\n" },
  { run: "auth can-i create pods --as=nobody", code: 1, says: "no\n" },
  { run: "auth can-i get pods --as=system:serviceaccount:{ns}:sa1 -q", code: 1, says: "" },
  {
    run: "auth can-i get recons.example.com",
    says: "yes\n",
    warns: /Warning: the server doesn't have a resource type 'recons' in group 'example\.com'/,
  },
  {
    run: "auth can-i --list",
    matches:
      /^Resources +Non-Resource URLs +Resource Names +Verbs\n\*\.\* +\[\] +\[\] +\[\*\]\n +\[\*\] +\[\] +\[\*\]\nselfsubjectreviews\.authentication\.k8s\.io +\[\] +\[\] +\[create\]\n/,
  },
  {
    run: "auth can-i --list --as=system:serviceaccount:{ns}:sa1",
    matches:
      /selfsubjectaccessreviews\.authorization\.k8s\.io +\[\] +\[\] +\[create\]\n[\s\S]* +\[\/healthz\] +\[\] +\[get\]\n/,
  },
  {
    run: "auth whoami",
    matches:
      /^ATTRIBUTE +VALUE\nUsername +kubernetes-admin\nGroups +\[system:masters system:authenticated\]\nExtra: authentication\.kubernetes\.io\/credential-id +\[X509SHA256=[\da-f]{64}\]\n$/,
  },
  {
    run: "auth whoami -o json",
    matches:
      /^\{\n {4}"kind": "SelfSubjectReview",\n {4}"apiVersion": "authentication\.k8s\.io\/v1",\n {4}"metadata": \{\n {8}"creationTimestamp": "20[^"]+Z"\n {4}\},\n {4}"status": \{\n {8}"userInfo": \{\n {12}"username": "kubernetes-admin",\n {12}"groups": \[\n {16}"system:masters",\n/,
  },
  {
    run: "auth whoami --as=jane --as-group=a",
    matches: /^ATTRIBUTE +VALUE\nUsername +jane\nGroups +\[a system:authenticated\]\n/,
  },
  {
    run: "get pods --as=jane",
    code: 1,
    warns:
      'Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "{ns}"\n',
  },
  { run: "apply -f {dir}/csr.yaml", says: "certificatesigningrequest.certificates.k8s.io/jane-{ns} created\n" },
  {
    run: "get csr jane-{ns}",
    matches:
      /^NAME +AGE +SIGNERNAME +REQUESTOR +REQUESTEDDURATION +CONDITION\njane-tour-\d+ +\d+s +kubernetes\.io\/kube-apiserver-client +kubernetes-admin +<none> +Pending\n$/,
  },
  { run: "certificate approve jane-{ns}", says: "certificatesigningrequest.certificates.k8s.io/jane-{ns} approved\n" },
  { run: "get csr jane-{ns}", matches: / Approved,Issued\n$/, eventually: true },
  {
    run: "describe csr jane-{ns}",
    matches:
      /^Name: +jane-tour-\d+\n[\s\S]*Status: +Approved,Issued\nSubject:\n +Common Name: +jane\n +Serial Number: +\n +Organization: +team\n/,
  },
  { run: "delete csr jane-{ns}", says: 'certificatesigningrequest.certificates.k8s.io "jane-{ns}" deleted\n' },
  { run: "apply -f {dir}/csr.yaml", says: "certificatesigningrequest.certificates.k8s.io/jane-{ns} created\n" },
  { run: "certificate deny jane-{ns}", says: "certificatesigningrequest.certificates.k8s.io/jane-{ns} denied\n" },
  { run: "get csr jane-{ns}", matches: / Denied\n$/ },
  { run: "create deployment spread --image=busybox --replicas=3" },
  { run: "rollout status deployment/spread --timeout=20s", matches: /successfully rolled out/ },
  { run: "taint nodes sim-0 k=v:NoSchedule", says: "node/sim-0 tainted\n" },
  {
    run: "taint nodes sim-0 k=v:NoSchedule",
    code: 1,
    warns: "error: node sim-0 already has k taint(s) with same effect(s) and --overwrite is false\n",
  },
  { run: "taint nodes sim-0 k=w:NoSchedule --overwrite", says: "node/sim-0 modified\n" },
  { run: "taint nodes sim-0 k:NoSchedule-", says: "node/sim-0 untainted\n" },
  { run: "cordon sim-1", says: "node/sim-1 cordoned\n" },
  { run: "cordon sim-1", says: "node/sim-1 already cordoned\n" },
  { run: "get node sim-1", matches: / Ready,SchedulingDisabled +<none> / },
  {
    run: "drain sim-1 --ignore-daemonsets --force --delete-emptydir-data --timeout=30s --pod-selector=app=spread",
    matches: /^node\/sim-1 already cordoned\n[\s\S]*node\/sim-1 drained\n$/,
  },
  { run: "uncordon sim-1", says: "node/sim-1 uncordoned\n" },
  {
    run: "apply -f {dir}/drain.yaml",
    says: "daemonset.apps/everywhere created\ndeployment.apps/guarded created\npoddisruptionbudget.policy/guarded created\n",
  },
  { run: "rollout status daemonset/everywhere --timeout=20s", matches: /"everywhere" successfully rolled out\n$/ },
  { run: "rollout status deployment/guarded --timeout=20s", matches: /"guarded" successfully rolled out\n$/ },
  {
    run: "drain sim-2 --pod-selector=tier=drained",
    code: 1,
    says: "node/sim-2 cordoned\n",
    warns:
      /^error: unable to drain node "sim-2" due to error: cannot delete DaemonSet-managed Pods \(use --ignore-daemonsets to ignore\): tour-\d+\/everywhere-\w{5}, continuing command\.\.\.\nThere are pending nodes to be drained:\n sim-2\ncannot delete DaemonSet-managed Pods/,
  },
  {
    run: "drain sim-2 --pod-selector=tier=drained --ignore-daemonsets --timeout=1s",
    code: 1,
    matches: /^node\/sim-2 already cordoned\nevicting pod tour-\d+\/guarded-\w+-\w{5}\n/,
    warns:
      /Warning: ignoring DaemonSet-managed Pods: tour-\d+\/everywhere-\w{5}\nerror when evicting pods\/"guarded-\w+-\w{5}" -n "tour-\d+" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\.\n[\s\S]*global timeout reached: 1s\n$/,
  },
  {
    run: "drain sim-2 --pod-selector=tier=drained --ignore-daemonsets --disable-eviction --timeout=30s",
    matches: /\ndeleting pod|\npod\/guarded-\w+-\w{5} deleted\nnode\/sim-2 drained\n$/,
  },
  { run: "uncordon sim-2", says: "node/sim-2 uncordoned\n" },
  {
    run: "events --for=deployment/spread --types=Normal --watch --request-timeout=1s",
    matches: /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.* Normal +ScalingReplicaSet +Deployment\/spread +Scaled up/,
  },
  {
    run: "events --for=deployment/spread",
    matches:
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n.* Normal +ScalingReplicaSet +Deployment\/spread +Scaled up replica set spread-\w+ from 0 to 3\n$/,
  },
  { run: "events --types=Warning,Normal --no-headers", matches: /Scheduled +Pod\/spread-/ },
  {
    run: "get events --field-selector=involvedObject.kind=Deployment,involvedObject.name=spread",
    matches: /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\S+ +Normal +ScalingReplicaSet +deployment\/spread /,
  },
  {
    run: "cluster-info",
    matches:
      /^Kubernetes control plane is running at https:\/\/127\.0\.0\.1:\d+\n(\w+DNS is running at .*\n)?\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'\.\n$/,
  },
  {
    run: "cluster-info dump --namespaces={ns} --output-directory={dir}/dump",
    says: "Cluster info dumped to {dir}/dump\n",
  },
  {
    run: "cluster-info dump --namespaces={ns}",
    matches:
      /^\{\n {4}"kind": "NodeList",\n[\s\S]*\n {4}"kind": "EventList",\n[\s\S]*\n {4}"kind": "DeploymentList",\n[\s\S]*\n {4}"kind": "PodList",\n/,
  },
  {
    run: "api-resources --api-group=apps",
    matches:
      /^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND\ncontrollerrevisions +apps\/v1 +true +ControllerRevision\ndaemonsets +ds +apps\/v1 +true +DaemonSet\ndeployments +deploy +apps\/v1 +true +Deployment\nreplicasets +rs +apps\/v1 +true +ReplicaSet\nstatefulsets +sts +apps\/v1 +true +StatefulSet\n$/,
  },
  {
    run: "api-resources --verbs=list --namespaced=false -o name",
    matches: /^componentstatuses\nnamespaces\nnodes\npersistentvolumes\n/,
  },
  {
    run: "api-resources --categories=all -o name --sort-by=name",
    matches: /^pods\nreplicationcontrollers\nservices\n|^cronjobs\.batch\n/,
  },
  {
    run: "api-versions",
    matches: /^admissionregistration\.k8s\.io\/v1\n[\s\S]*autoscaling\/v1\nautoscaling\/v2\nbatch\/v1\n[\s\S]*\nv1\n$/,
  },
  { run: "version", matches: /Server Version: v1\.36\.0/ },
  { run: "version -o json", matches: /"serverVersion": \{\n/ },
  { run: "config current-context", says: "kl\n" },
  { run: "config view --minify", matches: /certificate-authority-data: DATA\+OMITTED\n/ },
  {
    run: "debug node/sim-0 --image=busybox --profile=general",
    matches: /^Creating debugging pod node-debugger-sim-0-\w{5} with container debugger on node sim-0\.\n$|^$/,
  },
  {
    run: "get pods -l app.kubernetes.io/managed-by=kubectl-debug -o name",
    matches: /^pod\/node-debugger-sim-0-\w{5}\n$/,
    since: 35,
  },
  { run: "delete namespace {ns} --timeout=60s", says: 'namespace "{ns}" deleted\n' },
  { run: "get namespace {ns}", code: 1, warns: 'Error from server (NotFound): namespaces "{ns}" not found\n' },
];
