"""The Python client in short: CRUD, typed models, watch, conflicts. Prints one word when all is well."""
import sys
from kubernetes import client, config, watch
from kubernetes.client.rest import ApiException

config.load_kube_config(sys.argv[1])
core, apps, batch = client.CoreV1Api(), client.AppsV1Api(), client.BatchV1Api()
policy, scaling = client.PolicyV1Api(), client.AutoscalingV1Api()
ns = "default"


def meta(name):
    return client.V1ObjectMeta(name=name, labels={"by": "python"})


core.create_namespaced_config_map(ns, client.V1ConfigMap(metadata=meta("py"), data={"a": "b"}))
found = core.read_namespaced_config_map("py", ns)
assert found.data == {"a": "b"}
stale = core.read_namespaced_config_map("py", ns)
found.data["a"] = "c"
assert core.replace_namespaced_config_map("py", ns, found).data["a"] == "c"
try:
    core.replace_namespaced_config_map("py", ns, stale)
    raise AssertionError("a stale replace went through")
except ApiException as error:
    assert error.status == 409, error
assert core.patch_namespaced_config_map("py", ns, {"data": {"d": "e"}}).data == {"a": "c", "d": "e"}

template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"app": "py"}),
    spec=client.V1PodSpec(containers=[client.V1Container(name="main", image="busybox")]),
)
selector = client.V1LabelSelector(match_labels={"app": "py"})
spec = {"selector": selector, "template": template}
apps.create_namespaced_deployment(ns, client.V1Deployment(metadata=meta("py"), spec=client.V1DeploymentSpec(replicas=2, **spec)))
apps.create_namespaced_daemon_set(ns, client.V1DaemonSet(metadata=meta("py"), spec=client.V1DaemonSetSpec(**spec)))
apps.create_namespaced_stateful_set(ns, client.V1StatefulSet(metadata=meta("py"), spec=client.V1StatefulSetSpec(service_name="py", **spec)))
policy.create_namespaced_pod_disruption_budget(ns, client.V1PodDisruptionBudget(metadata=meta("py"), spec=client.V1PodDisruptionBudgetSpec(min_available=1, selector=selector)))
# The models refuse answers without what Go always writes.
assert apps.list_namespaced_daemon_set(ns).items[0].status.number_ready is not None
assert apps.list_namespaced_stateful_set(ns).items[0].status.replicas is not None
assert policy.list_namespaced_pod_disruption_budget(ns).items[0].status.expected_pods is not None
assert apps.read_namespaced_deployment_scale("py", ns).spec.replicas == 2
apps.patch_namespaced_deployment_scale("py", ns, {"spec": {"replicas": 1}})

seen = []
version = core.list_namespaced_config_map(ns, label_selector="by=python").metadata.resource_version
core.create_namespaced_config_map(ns, client.V1ConfigMap(metadata=meta("py-2"), data={}))
core.delete_namespaced_config_map("py-2", ns)
stream = watch.Watch()
for event in stream.stream(core.list_namespaced_config_map, ns, label_selector="by=python", resource_version=version, timeout_seconds=5):
    seen.append((event["type"], event["object"].metadata.name))
    if event["type"] == "DELETED":
        stream.stop()
assert seen == [("ADDED", "py-2"), ("DELETED", "py-2")], seen

for delete in (apps.delete_namespaced_deployment, apps.delete_namespaced_daemon_set, apps.delete_namespaced_stateful_set, policy.delete_namespaced_pod_disruption_budget):
    delete("py", ns)
core.delete_collection_namespaced_config_map(ns, label_selector="by=python")
assert core.list_namespaced_config_map(ns, label_selector="by=python").items == []
assert client.VersionApi().get_code().minor.startswith("36")
assert len(client.ApisApi().get_api_versions().groups) > 15
print("good")
