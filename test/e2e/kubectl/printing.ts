/** https://kubernetes.io/docs/reference/kubectl/#output-options, kubectl_get, kubectl_describe, kubectl_explain. */
import type { Step } from "./tour.ts";

const row = (run: string, matches: RegExp): Step => ({ run, matches });

export const printing: readonly Step[] = [
  {
    run: "get pods p1 -o wide",
    matches:
      /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\np1 +1\/1 +Running +0 +\d+s +10\.\d+\.\d+\.\d+ +sim-\d +<none> +<none>\n$/,
    eventually: true,
  },
  row("get pods --sort-by=.metadata.name -o name", /^pod\/p1\npod\/p2\npod\/typo\n(pod\/web-\w+-\w+\n){3}$/),
  {
    run: ["get", "pods", "p1", "p2", "-o", 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}'],
    says: "p1\np2\n",
  },
  { run: ["get", "pods", "p1", "-o", "jsonpath={.metadata.labels.nope}"], says: "" },
  {
    run: [
      "get",
      "pods",
      "p1",
      "-o",
      'go-template={{.metadata.name}} {{index .spec.containers 0 | printf "%v" | len | lt 1}}',
    ],
    says: "p1 true",
  },
  row("get pods p1 -o custom-columns=N:.metadata.name,I:.spec.containers[*].image", /^N +I\np1 +nginx\n$/),
  row("get pods p1 --no-headers", /^p1 +1\/1 +Running +0 +\d+s\n$/),
  row("get pods p1 --show-labels", /LABELS\np1 .* app=p1,k=v\n$/),
  row("get pods p1 -L app", /AGE +APP\np1 .* p1\n$/),
  row("get pods p1 --show-kind", /^NAME +READY.*\npod\/p1 /),
  row("get pods --chunk-size=1 -o name", /^(pod\/\S+\n){6}$/),
  row("get pods --field-selector=metadata.name=p2 -o name", /^pod\/p2\n$/),
  row("get pods --field-selector=status.phase!=Running,metadata.name=p1 -o name", /^$/),
  {
    run: "get pods --field-selector=spec.nope=1",
    code: 1,
    warns:
      'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.nope=1": field label not supported: spec.nope\n',
  },
  { run: ["get", "pods", "-l", "app in (p1,x),k", "-o", "name"], says: "pod/p1\n" },
  { run: ["get", "pods", "-l", "app notin (p1,web),!nope", "-o", "name"], says: "pod/p2\npod/typo\n" },
  {
    run: "get pods p1 -o yaml",
    matches:
      /^apiVersion: v1\nkind: Pod\nmetadata:\n {2}creationTimestamp: "20[\s\S]*\nspec:\n {2}containers:\n {2}- env:\n {4}- name: A\n {6}value: b\n {4}image: nginx\n {4}imagePullPolicy: Always\n/,
  },
  { run: "get pods p1 -o json", matches: /^\{\n {4}"apiVersion": "v1",\n {4}"kind": "Pod",/ },
  {
    run: "get pods p1 p2 -o yaml",
    matches:
      /^apiVersion: v1\nitems:\n- apiVersion: v1\n {2}kind: Pod[\s\S]*\nkind: List\nmetadata:\n {2}resourceVersion: ""\n$/,
  },
  { run: "get pods nope", code: 1, says: "", warns: 'Error from server (NotFound): pods "nope" not found\n' },
  { run: "get pods nope --ignore-not-found", says: "" },
  { run: "get nopes", code: 1, warns: 'error: the server doesn\'t have a resource type "nopes"\n' },
  { run: "get netpol", says: "", warns: "No resources found in {ns} namespace.\n" },
  row(
    "get deploy -o wide",
    /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE +CONTAINERS +IMAGES +SELECTOR\nweb +\d\/3 +3 +\d +\d+s +nginx +nginx +app=web\n$/,
  ),
  row("get rs", /^NAME +DESIRED +CURRENT +READY +AGE\nweb-\w+ +3 +3 +\d +\d+s\n$/),
  row(
    "get svc sv1 sv2 sv3 sv4 -o wide",
    /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE +SELECTOR\nsv1 +ClusterIP +10\S+ +<none> +80\/TCP +\d+s +app=sv1\nsv2 +NodePort +10\S+ +<none> +80:3\d{4}\/TCP +\d+s +app=sv2\nsv3 +LoadBalancer +10\S+ +\S+ +80:3\d{4}\/TCP +\d+s +app=sv3\nsv4 +ExternalName +<none> +x\.example\.com +<none> +\d+s +app=sv4\n$/,
  ),
  row("get ing", /^NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\ning +c +a\.example\.com +80, 443 +\d+s\n$/),
  row(
    "get hpa web",
    /^NAME +REFERENCE +TARGETS +MINPODS +MAXPODS +REPLICAS +AGE\nweb +Deployment\/web +cpu: <unknown>\/50% +1 +5 +\d+ +\d+s\n$/,
  ),
  row("get pdb", /^NAME +MIN AVAILABLE +MAX UNAVAILABLE +ALLOWED DISRUPTIONS +AGE\npdb1 +1 +N\/A +\d +\d+s\n$/),
  row(
    "get cj",
    /^NAME +SCHEDULE +TIMEZONE +SUSPEND +ACTIVE +LAST SCHEDULE +AGE\ncj +0 0 1 1 \* +<none> +False +0 +<none> +\d+s\n$/,
  ),
  row("get job j1", /^NAME +STATUS +COMPLETIONS +DURATION +AGE\nj1 +(Running|Complete) +[01]\/1 .*\d+s\n$/),
  row("get sa sa1", /^NAME +SECRETS +AGE\nsa1 +0 +\d+s\n$/),
  row(
    "get secrets",
    /^NAME +TYPE +DATA +AGE\ns1 +Opaque +1 +\d+s\ns2 +kubernetes\.io\/dockerconfigjson +1 +\d+s\ns3 +kubernetes\.io\/tls +2 +\d+s\n$/,
  ),
  row("get cm cm", /^NAME +DATA +AGE\ncm +2 +\d+s\n$/),
  row("get roles", /^NAME +CREATED AT\nr1 +20\S+Z\n$/),
  row(
    "get rolebindings -o wide",
    /^NAME +ROLE +AGE +USERS +GROUPS +SERVICEACCOUNTS\nrb1 +Role\/r1 +\d+s +u +tour-\d+\/default\n$/,
  ),
  row(
    "get pc system-node-critical",
    /^NAME +VALUE +GLOBAL-DEFAULT +AGE +PREEMPTIONPOLICY\nsystem-node-critical +2000001000 +false +\S+ +PreemptLowerPriority\n$/,
  ),
  {
    run: "get endpointslices -l kubernetes.io/service-name=p2",
    matches: /^NAME +ADDRESSTYPE +PORTS +ENDPOINTS +AGE\np2-\w{5} +IPv4 +80 +10\S+ +\d+s\n$/,
    eventually: true,
  },
  {
    run: "get endpoints p2",
    matches: /^NAME +ENDPOINTS +AGE\np2 +10\S+:80 +\d+s\n$/,
    warns: "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n",
    eventually: true,
  },
  row(
    "get nodes",
    /^NAME +STATUS +ROLES +AGE +VERSION\n(sim-\d +Ready(,SchedulingDisabled)? +<none> +\S+ +v1\.36\.0\S*\n){3}$/,
  ),
  row("get quota", /^NAME +REQUEST +LIMIT +AGE\nq1 |^NAME +AGE +REQUEST +LIMIT\nq1 /),
  row(
    "get all",
    /^NAME +READY[\s\S]*pod\/p1 [\s\S]*service\/sv1 [\s\S]*deployment\.apps\/web [\s\S]*replicaset\.apps\/web-[\s\S]*horizontalpodautoscaler\.autoscaling\/web [\s\S]*cronjob\.batch\/cj [\s\S]*job\.batch\/j1 /,
  ),
  row("get pods --watch --output-watch-events --request-timeout=1s", /^EVENT +NAME[\s\S]*ADDED +p1 /),
  row("get --raw /readyz", /^ok$/),
  row("get --raw /api/v1/namespaces/{ns}/pods/p1", /"kind":"Pod"/),
  {
    run: "get --raw /nope",
    code: 1,
    warns: "Error from server (NotFound): the server could not find the requested resource\n",
  },
  row(
    "describe pod p1",
    /^Name: +p1\nNamespace: +tour-\d+\nPriority: +0\nService Account: +default\nNode: +sim-\d\/100\.64\.\S+\nStart Time: .*\nLabels: +app=p1\n +k=v\nAnnotations: +<none>\nStatus: +Running\nIP: +10\.[\s\S]*Containers:\n {2}p1:\n[\s\S]* {4}Port: +80\/TCP\n[\s\S]* {4}Environment:\n {6}A: +b\n[\s\S]*QoS Class: +BestEffort\nNode-Selectors: +<none>\nTolerations: +node\.kubernetes\.io\/not-ready:NoExecute op=Exists for 300s\n[\s\S]*Events:[\s\S]*Scheduled/,
  ),
  row(
    "describe deployment web",
    /^Name: +web\n[\s\S]*Selector: +app=web\nReplicas: +3 desired \| 3 updated \| 3 total \| \d available \| \d unavailable\nStrategyType: +RollingUpdate\n[\s\S]*RollingUpdateStrategy: +25% max unavailable, 25% max surge\n[\s\S]*NewReplicaSet: +web-\w+ \(3\/3 replicas created\)\nEvents:[\s\S]*ScalingReplicaSet[\s\S]*Scaled up replica set web-\w+ from 0 to 3/,
  ),
  row(
    "describe svc websvc",
    /^Name: +websvc\n[\s\S]*Type: +NodePort\nIP Family Policy: +SingleStack\nIP Families: +IPv4\nIP: +10\S+\n[\s\S]*Port: +<unset> +80\/TCP\nTargetPort: +8080\/TCP\nNodePort: +<unset> +3\d{4}\/TCP\nEndpoints: /,
  ),
  row(
    "describe node sim-0",
    /^Name: +sim-0\n[\s\S]*Lease:\n {2}HolderIdentity: +sim-0\n[\s\S]*Ready +True [\s\S]*Allocated resources:\n/,
  ),
  row("describe secret s1", /^Name: +s1\n[\s\S]*Type: +Opaque\n\nData\n====\na: +1 bytes\n$/),
  row("describe cm cm", /^Name: +cm\n[\s\S]*Data\n====\na:\n----\nb\n/),
  row(
    "describe ing ing",
    /Ingress Class: +c\n[\s\S]*TLS:\n {2}s3 terminates a\.example\.com\nRules:\n[\s\S]*a\.example\.com +\n +\/x +web:80 \(/,
  ),
  row(
    "describe hpa web",
    /Reference: +Deployment\/web\n[\s\S]*resource cpu on pods +\(as a percentage of request\): +<unknown> \/ 50%\n/,
  ),
  row("describe pdb pdb1", /Min available: +1\nSelector: +app=web\n/),
  row("describe role r1", /PolicyRule:\n[\s\S]*deployments\.apps +\[\] +\[a\] +\[get list\]\n/),
  row(
    "describe rolebinding rb1",
    /Role:\n {2}Kind: +Role\n {2}Name: +r1\nSubjects:\n[\s\S]*User +u +\n[\s\S]*ServiceAccount +default +tour-/,
  ),
  row("describe quota q1", /Resource +Used +Hard\n-+ +-+ +-+\nconfigmaps +\d+ +50\npods +\d+ +100\n/),
  row("describe sa sa1", /^Name: +sa1\n[\s\S]*Image pull secrets: +<none>\n/),
  row("describe pc system-node-critical", /^Name: +system-node-critical\nValue: +2000001000\nGlobalDefault: +false\n/),
  row("describe cronjob cj", /Schedule: +0 0 1 1 \*\nConcurrency Policy: +Allow\nSuspend: +False\n/),
  row(
    "describe job j1",
    /Parallelism: +1\nCompletions: +1\nCompletion Mode: +NonIndexed\nSuspend: +false\nBackoff Limit: +6\n/,
  ),
  row(
    "describe ns {ns}",
    /^Name: +tour-\d+\nLabels: +kubernetes\.io\/metadata\.name=tour-\d+\nAnnotations: +<none>\nStatus: +Active\n/,
  ),
  row(
    "describe endpointslice -l kubernetes.io/service-name=p2",
    /AddressType: +IPv4\n[\s\S]*Endpoints:\n {2}- Addresses: +10\.[\s\S]*Conditions:\n {6}Ready: +true\n/,
  ),
  row(
    "explain pods.spec.containers",
    /^KIND: +Pod\nVERSION: +v1\n\nFIELD: containers <\[\]Container>\n\n[\s\S]*DESCRIPTION:\n {4}List of containers belonging to the pod\.[\s\S]* {2}name\t<string> -required-\n/,
  ),
  row(
    "explain deployment --recursive",
    /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n[\s\S]*FIELDS:\n {2}apiVersion\t<string>\n {2}kind\t<string>\n {2}metadata\t<ObjectMeta>\n {4}annotations\t<map\[string\]string>\n/,
  ),
  row("explain pod.spec --output=plaintext-openapiv2", /^KIND: +Pod\nVERSION: +v1\n\nRESOURCE: spec <Object>\n/),
  row(
    "explain hpa --api-version=autoscaling/v1",
    /^GROUP: +autoscaling\nKIND: +HorizontalPodAutoscaler\nVERSION: +v1\n/,
  ),
  row(
    "explain pods.spec.restartPolicy",
    /FIELD: restartPolicy <string>\nENUM:\n {4}Always\n {4}Never\n {4}OnFailure\n/,
  ),
  { run: "explain pods.nope", code: 1, warns: 'error: field "nope" does not exist\n' },
];
