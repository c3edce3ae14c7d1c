/** https://kubernetes.io/docs/reference/kubectl/generated/kubectl_create/ and kubectl_run, _expose, _autoscale, _label, _annotate. */
import type { Step } from "./tour.ts";

const made = (run: string, what: string): Step => ({ run, says: `${what} created\n` });

export const creating: readonly Step[] = [
  { run: "run p1 --image=nginx --port=80 --labels=app=p1 --env=A=b", says: "pod/p1 created\n" },
  { run: "run p2 --image=nginx --expose --port=80", says: "service/p2 created\npod/p2 created\n" },
  {
    run: "run p3 --image=busybox --restart=Never --dry-run=server -- sleep 1",
    says: "pod/p3 created (server dry run)\n",
  },
  { run: "run p3 --image=busybox --dry-run=client -o name", says: "pod/p3\n" },
  { run: "run p1 --image=nginx", code: 1, warns: 'Error from server (AlreadyExists): pods "p1" already exists\n' },
  made("create deployment web --image=nginx --replicas=3 --port=80", "deployment.apps/web"),
  made("create job j1 --image=busybox -- echo hi", "job.batch/j1"),
  {
    run: ["create", "cronjob", "cj", "--image=busybox", "--schedule=0 0 1 1 *", "--", "date"],
    says: "cronjob.batch/cj created\n",
  },
  made("create job j2 --from=cronjob/cj", "job.batch/j2"),
  made("create configmap cm --from-literal=a=b --from-file={dir}/map.yaml", "configmap/cm"),
  { run: "get configmap cm -o jsonpath={.data.a}{.data.map\\.yaml}", matches: /^bapiVersion: v1/ },
  made("create secret generic s1 --from-literal=a=b", "secret/s1"),
  { run: "get secret s1 -o jsonpath={.type}:{.data.a}", says: "Opaque:Yg==" },
  made(
    "create secret docker-registry s2 --docker-username=u --docker-password=p --docker-server=r.example.com",
    "secret/s2",
  ),
  made("create secret tls s3 --cert={dir}/tls.crt --key={dir}/tls.key", "secret/s3"),
  made("create service clusterip sv1 --tcp=80:8080", "service/sv1"),
  made("create service nodeport sv2 --tcp=80", "service/sv2"),
  made("create service loadbalancer sv3 --tcp=80", "service/sv3"),
  made("create service externalname sv4 --external-name=x.example.com", "service/sv4"),
  made("create ingress ing --rule=a.example.com/x*=web:80,tls=s3 --class=c", "ingress.networking.k8s.io/ing"),
  made(
    "create role r1 --verb=get,list --resource=pods,deployments.apps --resource-name=a",
    "role.rbac.authorization.k8s.io/r1",
  ),
  made(
    "create clusterrole {ns}-a --verb=get --resource=nodes --non-resource-url=/x",
    "clusterrole.rbac.authorization.k8s.io/{ns}-a",
  ),
  made("create clusterrole {ns}-b --aggregation-rule={ns}=b", "clusterrole.rbac.authorization.k8s.io/{ns}-b"),
  made(
    "create rolebinding rb1 --role=r1 --user=u --serviceaccount={ns}:default",
    "rolebinding.rbac.authorization.k8s.io/rb1",
  ),
  made(
    "create clusterrolebinding {ns}-a --clusterrole={ns}-a --group=g",
    "clusterrolebinding.rbac.authorization.k8s.io/{ns}-a",
  ),
  made("create quota q1 --hard=pods=100,configmaps=50", "resourcequota/q1"),
  made("create pdb pdb1 --selector=app=web --min-available=1", "poddisruptionbudget.policy/pdb1"),
  made("create priorityclass {ns}-pc --value=100 --description=x", "priorityclass.scheduling.k8s.io/{ns}-pc"),
  made("create serviceaccount sa1", "serviceaccount/sa1"),
  { run: "create token sa1 --duration=1h --audience=x", matches: /^[\w-]+\.[\w-]+\.[\w-]+$/ },
  { run: "create token default --bound-object-kind=Pod --bound-object-name=p1", matches: /^[\w-]+\.[\w-]+\.[\w-]+$/ },
  { run: "create token nobody", code: 1, warns: 'error: failed to create token: serviceaccounts "nobody" not found\n' },
  {
    run: "expose deployment web --port=80 --target-port=8080 --name=websvc --type=NodePort",
    says: "service/websvc exposed\n",
  },
  {
    run: "autoscale deployment web --min=1 --max=5 --cpu-percent=50",
    says: "horizontalpodautoscaler.autoscaling/web autoscaled\n",
  },
  {
    run: "autoscale deployment web --min=1 --max=5 --cpu=50% --name=web-2",
    says: "horizontalpodautoscaler.autoscaling/web-2 autoscaled\n",
    since: 35,
  },
  {
    run: "create -f {dir}/typo.yaml",
    code: 1,
    warns:
      'Error from server (BadRequest): error when creating "{dir}/typo.yaml": Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"\n',
  },
  {
    run: "create -f {dir}/typo.yaml --validate=warn",
    says: "pod/typo created\n",
    warns: 'Warning: unknown field "spec.containers[0].imagee"\n',
  },
  {
    run: "create -f {dir}/bad.yaml",
    code: 1,
    warns:
      /^The Pod "Bad_Name" is invalid: \n\* metadata\.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of .*\n\* spec\.containers: Required value\n$/,
  },
  { run: "label pod p1 x=y", says: "pod/p1 labeled\n" },
  { run: "label pod p1 x=y", says: "pod/p1 not labeled\n" },
  { run: "label pod p1 x=z", code: 1, warns: "error: 'x' already has a value (y), and --overwrite is false\n" },
  { run: "label pod p1 x=z --overwrite", says: "pod/p1 labeled\n" },
  { run: "label pod p1 x-", says: "pod/p1 unlabeled\n" },
  { run: "label pod p1 x=b@d", code: 1, warns: /^error: invalid label value: "x=b@d": a valid label must be/ },
  { run: "label pod p1 p2 k=v", says: "pod/p1 labeled\npod/p2 labeled\n" },
  { run: "label pod p1 --list", says: "app=p1\nk=v\n", eventually: true },
  { run: ["annotate", "pod", "p1", "d=hello world"], says: "pod/p1 annotated\n" },
  {
    run: "annotate pod p1 d=x",
    code: 1,
    warns:
      "error: --overwrite is false but found the following declared annotation(s): 'd' already has a value (hello world)\n",
  },
  { run: "annotate pod p1 d-", says: "pod/p1 annotated\n" },
];
