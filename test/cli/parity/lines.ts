/**
 * Command lines that `kl` and kubectl must answer alike, in this order: the later ones see what the earlier ones did. They
 * run in test/cli/parity/manifests; words with blanks are quoted. `<` takes the rest as the file on stdin.
 */
export const lines = `
version -o x
version extra
get
get pods
get pods,services
get nosuchtype
get pods --no-such-flag
get pods -z
get pods -o
get pods --chunk-size=abc
get pods -A=x
get pods a/b
get pods/a/b
get pods/
get pods/a nodes
get pods,nodes/x
get pods nope
get pods nope nada
get pods/nope configmap/nada
get pods nope --ignore-not-found
get pods -o nosuchformat
get pods -o jsonpath
get pods -o custom-columns
get pods -o custom-columns=A
get pods -o jsonpath={.x[}
get --raw /nosuch
get --raw /version
nosuchcommand
gte pods
get pods -n no-such-namespace
get nodes nope
get pods --context nope
get pods --cluster nope
get pods --user nope
get pods --request-timeout=abc
get pods --request-timeout=10s

apply
apply -f nosuchfile.yaml
apply -f - < bad.txt
apply -f typo.yaml
apply -f typo.yaml --validate=warn --dry-run=server
apply -f typo.yaml --validate=nonsense
apply -f lost.yaml
apply -f generated.yaml
apply -f no-kind.yaml
apply -f empty.yaml
apply -f invalid.yaml
apply -f app.yaml -n default --dry-run=server -o name
apply -f app.yaml --dry-run=client
apply -f app.yaml --dry-run=server
apply -f app.yaml --dry-run=nonsense
apply -f app.yaml
apply -f app.yaml
apply -f app.yaml --dry-run=client
apply -f app.yaml -o name
apply -f folder
apply -f folder -R
apply -f folder/a.yaml,folder/b.json
apply -f folder/a.yaml -f folder/b.json
apply -f folder -o name
apply -f - < folder/a.yaml
apply -f folder/b.json -o yaml
apply -f folder/b.json -o json
apply -f folder/b.json -o jsonpath={.data.x}
apply -f pods.yaml
apply -f pods.yaml -l app=other
apply -f folder extra
apply -f unschedulable.yaml

create
create -f folder/a.yaml
create -f folder
create -f - < folder/deep/c.yml
create -f typo.yaml
create -f invalid.yaml
create -f lost.yaml
create -f generated.yaml --dry-run=client -o jsonpath={.metadata.generateName}
create -f folder/deep/c.yml --dry-run=server
create -f folder/a.yaml --dry-run=client -o yaml
create -f app.yaml --dry-run=client -o name

wait
wait pod/alone
wait pod/alone --for=nonsense
wait pod/alone --for=condition=Ready --timeout=20s
wait pod/other --for=jsonpath={.status.phase}=Running --timeout=20s
wait pod/alone pod/other --for=condition=Ready
wait pods -l app=alone --for=condition=Ready
wait pods --for=condition=Ready
wait pod/nope --for=condition=Ready --timeout=1s
wait pod/nope --for=delete --timeout=1s
wait pods -l app=nope --for=condition=Ready
wait pod/alone --for=condition=Nonsense --timeout=1s
wait pod/alone --for=delete --timeout=1s
wait pod/alone --for=create --timeout=1s
wait pod/alone --for=jsonpath={.status.phase} --timeout=1s
wait pod/alone --for=jsonpath={.status.phase}=Nope --timeout=1s
wait pod/alone --for=condition=Ready --timeout=0
wait pod/alone --for=condition=Ready=False --timeout=0
wait pod/alone --for=condition=Ready --timeout=x
wait pod/alone --for=condition=Ready -o name
wait deploy/web --for=condition=Available --timeout=20s
rollout status deploy/web --timeout=20s

get pods
get pods -o wide
get pods --no-headers
get pods --show-labels
get pods -L app,tier
get pods -L kubernetes.io/app
get pods -l app=alone
get pods -l "app in (alone, other)"
get pods -l app=nope
get pods -l "app=a=b"
get pods --field-selector metadata.name=alone
get pods --field-selector status.phase!=Running
get pods --field-selector nonsense=1
get pods --sort-by .metadata.name
get pods --sort-by={.metadata.labels.app} -o name
get pods --show-kind
get pods --chunk-size=1 -o name -l tier
get pods alone -l app=alone
get pods alone -A
get pod alone
get po alone other
get pods alone nope
get pod/alone configmap/settings
get configmaps,secrets
get cm,svc,deploy
get cm settings
get cm settings --show-labels
get svc web -o wide
get deploy -o wide
get rs
get deployments.apps
get deployment.v1.apps web
get Deployment web
get deployments.example.com
get pods.example.com
get cm -A -l tier=back
get nodes
get nodes -o wide
get nodes -o name
get node sim-0 -o jsonpath={.metadata.name}
get ns default
get ns -l kubernetes.io/metadata.name=default -o name
get sa
get ep web
get endpointslices -l kubernetes.io/service-name=nope
get clusterroles nope
get events nope
get all -l app=web
get all -l app=nope
get cm settings -o yaml
get cm settings -o json
get cm settings --show-managed-fields -o jsonpath={.metadata.managedFields[0].operation}
get cm settings folder -o yaml
get cm settings a -o yaml
get cm,svc -l tier=back -o yaml
get cm -l app=nope -o yaml
get cm -l app=nope -o json
get cm -l app=nope -o name
get cm -o name
get cm settings a -o name
get cm settings -o name
get cm settings -o jsonpath={.data.greeting}
get cm settings -o jsonpath={.data.nope}
get cm settings -o "jsonpath={.data}"
get cm -l tier -o "jsonpath={range .items[*]}{.metadata.name}{'\\n'}{end}"
get cm -l tier -o "jsonpath={.items[0].metadata.labels['app','tier']}"
get cm -l tier -o "jsonpath={.items[?(@.metadata.name=='settings')].data.greeting}"
get cm -l tier -o jsonpath={.items[9].metadata.name}
get cm settings -o jsonpath={..greeting}
get cm settings -o jsonpath-as-json={.metadata.labels}
get cm settings -o jsonpath-file=template.txt
get cm settings -o jsonpath-file=nosuch.txt
get cm settings -o jsonpath --template={.kind}
get cm settings -o go-template={{.data.greeting}}
get cm -l tier -o "go-template={{range .items}}{{.metadata.name}}{{end}}"
get cm settings -o custom-columns=NAME:.metadata.name,DATA:.data.greeting,NONE:.data.nope
get cm -l tier -o custom-columns=NAME:metadata.name --no-headers
get cm settings -o custom-columns-file=columns.txt
get cm -l app=nope -o custom-columns=NAME:.metadata.name
get pods -l tier -o custom-columns=IMAGES:.spec.containers[*].image,LABELS:.metadata.labels
get -f folder
get -f folder -o name
get -f app.yaml -o name
get -f folder pods
get deploy web --subresource=scale
get deploy web --subresource=scale -o jsonpath={.spec.replicas}
get pods --raw /version

describe
describe pods nope
describe nosuchtype
describe pod alone
describe pod other
describe pods -l tier=front
describe pod alo
describe pod nowhere
describe deploy web
describe rs -l app=web
describe pods -l app=web
describe node sim-1
describe svc web
describe svc kubernetes -n default
describe secret keys
describe cm settings
describe cm a b
describe ns default
describe sa default
describe endpoints web
describe -f folder
describe pod alone --show-events=false
describe pods -l app=nope
describe runtimeclasses
describe lease -n kube-node-lease sim-0 --show-events=false

scale deploy/web
scale --replicas=2
scale deploy/web --replicas=-1
scale deploy/web --replicas=x
scale deploy/nope --replicas=1
scale deploy web --replicas=3
scale deploy/web --replicas=3 --current-replicas=9
scale deploy/web --replicas=1 --dry-run=client
scale deploy/web --replicas=1 --dry-run=server
scale deploy/web --replicas=1 -o name
scale pod/alone --replicas=1
scale -f app.yaml --replicas=2
scale deploy --all --replicas=2
scale deploy -l app=nope --replicas=2
scale deploy --replicas=2
rollout status deploy/web --timeout=20s

rollout status
rollout status pod/alone
rollout status deploy/nope
rollout nosuch
rollout history deploy/web
rollout history deploy/web --revision=1
rollout history deploy/web --revision=9
rollout history deploy/nope
rollout history pod/alone
rollout undo deploy/web
rollout undo deploy/web --to-revision=9
apply -f app-2.yaml
rollout status deploy/web --timeout=20s --watch=false --revision=9
wait deploy/web --for=jsonpath={.status.updatedReplicas}=2 --timeout=20s
wait deploy/web --for=jsonpath={.status.replicas}=2 --timeout=20s
rollout status deploy/web --timeout=20s
rollout history deploy/web
rollout history deployment web -o jsonpath={.kind}
rollout undo deploy/web --dry-run=server
rollout undo deploy/web --dry-run=client
rollout undo deploy/web
rollout undo deploy/web --to-revision=3
wait deploy/web --for=jsonpath={.status.observedGeneration}=7 --timeout=1s
rollout history deploy/web
rollout pause deploy/web
rollout pause deploy/web
rollout pause pod/alone
rollout restart deploy/web
rollout undo deploy/web
rollout resume deploy/web
rollout resume deploy/web
rollout restart deploy/web
rollout restart pod/alone
rollout restart deploy nope

logs
logs a b c
logs nope
logs deploy/nope
logs alone -c nope
logs cm/settings
logs alone -l app=alone
logs -l app=nope
exec
exec alone
exec alone ls
exec nope -- ls
exec deploy/nope -- ls

config view
config view --minify
config view -o json
config view -o jsonpath={.current-context}
config view --minify --context=nope
config current-context
config get-contexts
config get-contexts -o name
config get-contexts nope
config get-contexts --no-headers
config nosuch
config view --kubeconfig=nosuch

delete
delete pods
delete pods nope
delete pods nope --ignore-not-found
delete nosuchtype nope
delete pod/nope cm/nada
delete cm a --dry-run=client
delete cm a --dry-run=server
delete cm a -o name
delete cm a -o yaml
delete cm a --cascade=nonsense
delete pod alone --now --grace-period=3
delete pod alone --force --grace-period=3
delete cm b c
delete -f folder
delete -f folder --ignore-not-found
delete cm -l app=nope
delete cm --all -l tier
delete cm --all --dry-run=client
delete pod alone --now
delete pod nowhere --force
delete pods -l app=other --wait=false --grace-period=1
wait pod/other --for=delete --timeout=20s
delete pods -l app=other
delete -f unschedulable.yaml
delete deploy web --cascade=orphan
delete rs -l app=web --wait=false
delete svc/web secret/keys
delete --all cm --wait=true --timeout=20s
delete ns no-such-namespace
get pods --field-selector=metadata.name=alone
`;
