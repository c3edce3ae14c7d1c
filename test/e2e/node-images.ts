/** Pull policies and their errors: https://kubernetes.io/docs/concepts/containers/images/ */
import { expect, it } from "vitest";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { containerOf, waitingFor } from "./pod-watch.ts";

const missing = "kl.invalid/no-such-image:1";

export function imagePods(): Pod[] {
  return [
    podOf("image-local", [{ imagePullPolicy: "Never", command: shell("true") }]),
    podOf("image-never", [{ image: missing, imagePullPolicy: "Never" }]),
    podOf("image-missing", [{ image: missing }]),
    podOf("image-invalid", [{ image: "Not A Valid:Image:Name" }]),
  ];
}

export function imageTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("a local image needs no registry", async () => {
    const pod = await pods.ready("image-local");
    expect(containerOf(pod)?.imageID).toMatch(/^docker:\/\/sha256:[0-9a-f]{64}$/);
    await cluster.described(
      "image-local",
      /Normal +Pulled .* kubelet .*Container image "hello:1" already present on machine/,
    );
  });

  it.concurrent("ErrImageNeverPull", async () => {
    await pods.now("image-never", (pod) => waitingFor(pod) === "ErrImageNeverPull");
    expect((await cluster.row("image-never")).slice(1, 4)).toEqual(["0/1", "ErrImageNeverPull", "0"]);
    const described = await cluster.described("image-never", / Failed /);
    expect(described).toContain(`Container image "${missing}" is not present with pull policy of Never`);
    expect(described).toMatch(/Warning +Failed .*Error: ErrImageNeverPull/);
  });

  it.concurrent("ErrImagePull, then ImagePullBackOff", async () => {
    await pods.ever("image-missing", (pod) => waitingFor(pod) === "ErrImagePull");
    await pods.ever("image-missing", (pod) => waitingFor(pod) === "ImagePullBackOff");
    const described = await cluster.described("image-missing", /Error: ImagePullBackOff/);
    for (const line of [
      /Normal +Pulling .* kubelet .*Pulling image "kl.invalid\/no-such-image:1"/,
      /Warning +Failed .* Failed to pull image "kl.invalid\/no-such-image:1": /,
      /Warning +Failed .* Error: ErrImagePull/,
      /Normal +BackOff .* Back-off pulling image "kl.invalid\/no-such-image:1"/,
      /Warning +Failed .* Error: ImagePullBackOff/,
    ]) {
      expect(described).toMatch(line);
    }
  });

  it.concurrent("InvalidImageName", async () => {
    await pods.now("image-invalid", (pod) => waitingFor(pod) === "InvalidImageName");
    expect((await cluster.row("image-invalid"))[2]).toBe("InvalidImageName");
    await cluster.described(
      "image-invalid",
      /Warning +InspectFailed .* Failed to apply default image tag "Not A Valid:Image:Name": couldn't parse image name/,
    );
  });
}
