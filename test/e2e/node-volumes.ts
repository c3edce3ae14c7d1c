/** Volumes as containers see them, and what changes under them while they run. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { configMap, type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { until } from "./until.ts";

const tokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The example's image has no TLS client: the container borrows the host's Node. */
const borrowed = { usr: "/usr", lib: "/lib", lib64: "/lib64", node: dirname(process.execPath) };
const borrowedMounts = Object.keys(borrowed).map((name) => ({ name, mountPath: `/host/${name}` }));
const borrowedVolumes = Object.entries(borrowed).map(([name, path]) => ({ name, hostPath: { path } }));
const whoAmI = `
  const { CA, TOKEN, KUBERNETES_SERVICE_HOST: host } = process.env;
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const headers = { authorization: "Bearer " + TOKEN, "content-type": "application/json" };
  const options = { host, servername: "kubernetes.default.svc", ca: CA, method: "POST", headers };
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  require("https").request({ ...options, path }, (answer) => answer.pipe(process.stdout)).end(JSON.stringify(review));
`;

export function volumeObjects(cluster: NodeCluster): object[] {
  const file = (path: string, fieldPath: string) => ({ path, fieldRef: { fieldPath } });
  const mount = (name: string, rest: object = {}) => ({ name, mountPath: `/v/${name}`, ...rest });
  const host = (name: string, type: string) => ({ name, hostPath: { path: join(cluster.folder, name), type } });
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "files" }, stringData: { token: "s1" } };
  return [
    configMap("files", { "a.txt": "a1", "b.txt": "b1" }),
    secret,
    podOf(
      "volumes",
      [
        {
          command: shell("true"),
          volumeMounts: [
            mount("map"),
            mount("items"),
            mount("secret"),
            mount("meta"),
            mount("all"),
            mount("memory"),
            mount("scratch"),
            mount("hostdir"),
            { name: "hostfile", mountPath: "/v/hostfile" },
            { name: "map", mountPath: "/v/sub.txt", subPath: "a.txt" },
            { name: "scratch", mountPath: "/v/expanded", subPathExpr: "of-$(POD)" },
            { name: "scratch", mountPath: "/v/readonly", readOnly: true },
          ],
          env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        },
        { command: shell("true"), volumeMounts: [mount("scratch"), mount("memory")] },
      ],
      {
        annotations: { note: "n1" },
        volumes: [
          { name: "map", configMap: { name: "files" } },
          {
            name: "items",
            configMap: { name: "files", defaultMode: 0o400, items: [{ key: "b.txt", path: "deep/b", mode: 0o444 }] },
          },
          { name: "secret", secret: { secretName: "files", defaultMode: 0o440 } },
          {
            name: "meta",
            downwardAPI: { items: [file("labels", "metadata.labels"), file("note", "metadata.annotations['note']")] },
          },
          {
            name: "all",
            projected: {
              sources: [
                { configMap: { name: "files", items: [{ key: "a.txt", path: "a" }] } },
                { secret: { name: "files" } },
                { downwardAPI: { items: [file("name", "metadata.name")] } },
              ],
            },
          },
          { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
          { name: "scratch", emptyDir: {} },
          host("hostdir", "DirectoryOrCreate"),
          host("hostfile", "FileOrCreate"),
        ],
      },
    ),
    podOf(
      "token",
      [{ command: shell("true"), volumeMounts: [mount("api", { mountPath: tokenFolder }), ...borrowedMounts] }],
      {
        volumes: [
          ...borrowedVolumes,
          {
            name: "api",
            projected: {
              sources: [
                { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
                { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
                { downwardAPI: { items: [file("namespace", "metadata.namespace")] } },
              ],
            },
          },
        ],
      },
    ),
    podOf("bad-host-path", [{ volumeMounts: [mount("nodir")] }], { volumes: [host("nodir", "Directory")] }),
    podOf("no-volume-map", [{ command: shell("true"), volumeMounts: [mount("m")] }], {
      volumes: [{ name: "m", configMap: { name: "late-files" } }],
    }),
  ];
}

export function volumeTests(cluster: NodeCluster): void {
  const { pods } = cluster;

  it.concurrent("a pod has what in-cluster clients need: token, CA, namespace and the API server's address", async () => {
    await pods.ready("token");
    const script = `cd ${tokenFolder}; cat namespace; echo; env | grep ^KUBERNETES_SERVICE_HOST; head -1 ca.crt; cat token`;
    const [namespace, host, certificate, token = ""] = (await cluster.sh("token", script)).split("\n");
    expect([namespace, host, certificate]).toEqual([
      "default",
      "KUBERNETES_SERVICE_HOST=10.43.0.1",
      "-----BEGIN CERTIFICATE-----",
    ]);
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } };
    const answer = await cluster.attempt(["create", "-f", "-", "-o", "json"], { stdin: JSON.stringify(review) });
    const { user } = JSON.parse(answer.stdout).status;
    expect(user.username).toBe("system:serviceaccount:default:default");
    expect(user.extra["authentication.kubernetes.io/pod-name"]).toEqual(["token"]);
  });

  it.concurrent("with them a container reaches the API server under its service's name", async () => {
    await pods.ready("token");
    const said = await cluster.sh(
      "token",
      `cd ${tokenFolder}; CA="$(cat ca.crt)" TOKEN="$(cat token)" chroot /host /node/node -e '${whoAmI}'`,
    );
    expect(JSON.parse(said).status.userInfo.username).toBe("system:serviceaccount:default:default");
  });
  const reads = (path: string, text: string) =>
    until(
      () => cluster.sh("volumes", `cat ${path}`),
      (read) => read.includes(text),
      { timeout: 10_000 },
    );

  it.concurrent("every kind of volume shows what it should", async () => {
    await pods.ready("volumes");
    const script = [
      "cat /v/map/a.txt /v/items/deep/b /v/secret/token /v/all/a /v/all/token /v/all/name /v/sub.txt",
      "echo",
      "stat -Lc %a /v/items/deep/b /v/secret/token /v/map/a.txt",
      "mount | grep -c 'tmpfs on /v/memory type tmpfs'",
      "cp /bin/busybox /v/memory/big && echo too much || echo full",
      "touch /v/readonly/x || echo read-only",
      "touch /v/expanded/x; ls /v/scratch",
      "echo from pod > /v/hostdir/out; echo from pod > /v/hostfile",
      "cat /v/meta/note",
    ];
    expect(await cluster.sh("volumes", `{ ${script.join("; ")}; } 2>/dev/null`)).toBe(
      "a1b1s1a1s1volumesa1\n444\n440\n644\n1\nfull\nread-only\nof-volumes\nn1",
    );
    expect(cluster.lines("hostdir/out")).toEqual(["from pod"]);
    expect(cluster.lines("hostfile")).toEqual(["from pod"]);
    await cluster.sh("volumes", "echo shared > /v/scratch/f");
    expect(await cluster.run("exec", "volumes", "-c", "c1", "--", "cat", "/v/scratch/f")).toBe("shared\n");

    await cluster.run("patch", "configmap", "files", "-p", '{"data":{"a.txt":"a2"}}');
    await cluster.run("patch", "secret", "files", "-p", '{"stringData":{"token":"s2"}}');
    await cluster.run("annotate", "pod", "volumes", "--overwrite", "note=n2");
    await cluster.run("label", "pod", "volumes", "new=label");
    await reads("/v/map/a.txt", "a2");
    await reads("/v/all/a", "a2");
    await reads("/v/secret/token", "s2");
    await reads("/v/all/token", "s2");
    await reads("/v/meta/note", "n2");
    await reads("/v/meta/labels", 'new="label"');
    expect(await cluster.sh("volumes", "cat /v/sub.txt")).toBe("a1");
  });

  it.concurrent("what cannot be mounted is told, and waited for", async () => {
    const type = /FailedMount .*hostPath type check failed: .* is not a directory/;
    await cluster.described("bad-host-path", type);
    expect((await cluster.row("bad-host-path"))[2]).toBe("ContainerCreating");
    expect(existsSync(join(cluster.folder, "nodir"))).toBe(false);
    await cluster.described("no-volume-map", /FailedMount .*configmap "late-files" not found/);
    await cluster.create(configMap("late-files", { k: "v" }));
    await pods.ready("no-volume-map");
    expect(await cluster.sh("no-volume-map", "cat /v/m/k")).toBe("v");
  });
}
