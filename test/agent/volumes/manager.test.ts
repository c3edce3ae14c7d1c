import { once } from "node:events";
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createVolumeManager } from "../../../src/agent/volumes/manager.ts";
import { hostMountTable } from "../../../src/agent/volumes/mount-table.ts";
import { VolumeError } from "../../../src/agent/volumes/types.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Container, VolumeMount } from "../../../src/machinery/types/core/v1.ts";
import { noMounts, Objects, podWith, temporaryFolders } from "./fixtures.ts";

const temporaryFolder = temporaryFolders();
const root = process.getuid?.() === 0;

async function setUp(mounts = noMounts) {
  const folder = await temporaryFolder();
  const objects = new Objects();
  const manager = createVolumeManager({ root: folder, objects, log: silentLogger, mounts });
  return { folder, objects, manager };
}

function containerWith(...volumeMounts: VolumeMount[]): Container {
  return { name: "app", image: "x", volumeMounts };
}

const noEnv = new Map<string, string>();

describe("files that follow API objects", () => {
  test("a ConfigMap's keys become files behind ..data, and change all at once", async () => {
    const { manager, objects } = await setUp();
    objects.setConfigMap("settings", { one: "1", two: "2" }, { raw: Buffer.from([0, 255]).toString("base64") });
    const pod = podWith([{ name: "cfg", configMap: { name: "settings" } }]);
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "cfg", mountPath: "/etc/cfg" }), noEnv);
    const path = mount?.hostPath ?? "";
    expect(mount).toMatchObject({ containerPath: "/etc/cfg", readOnly: true, propagation: undefined });
    expect(await readFile(join(path, "one"), "utf8")).toBe("1");
    expect(await readFile(join(path, "raw"))).toEqual(Buffer.from([0, 255]));
    expect(await readlink(join(path, "one"))).toBe("..data/one");
    expect((await stat(join(path, "one"))).mode & 0o777).toBe(0o644);

    const before = await readlink(join(path, "..data"));
    await manager.refresh(pod);
    expect(await readlink(join(path, "..data"))).toBe(before);

    objects.setConfigMap("settings", { one: "uno", three: "3" });
    await manager.refresh(pod);
    expect(await readlink(join(path, "..data"))).not.toBe(before);
    expect((await readdir(path)).filter((name) => !name.startsWith(".."))).toEqual(["one", "three"]);
    expect(await readFile(join(path, "one"), "utf8")).toBe("uno");
    expect((await readdir(path)).filter((name) => name.startsWith("..2"))).toHaveLength(1);
  });

  test("items choose keys, paths and modes", async () => {
    const { manager, objects } = await setUp();
    objects.setSecret("login", { user: "ann", password: "geheim" });
    const items = [{ key: "password", path: "deep/er/pw", mode: 0o400 }];
    const pod = podWith([{ name: "s", secret: { secretName: "login", items, defaultMode: 0o600 } }]);
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "s", mountPath: "etc/s" }), noEnv);
    const path = mount?.hostPath ?? "";
    expect(mount?.containerPath).toBe("/etc/s");
    expect(await readFile(join(path, "deep/er/pw"), "utf8")).toBe("geheim");
    expect((await stat(join(path, "deep/er/pw"))).mode & 0o777).toBe(0o400);
    expect((await readdir(path)).filter((name) => !name.startsWith(".."))).toEqual(["deep"]);
  });

  test.each([
    [{ configMap: { name: "nope" } }, 'configmap "nope" not found'],
    [{ secret: { secretName: "nope" } }, 'secret "nope" not found'],
    [
      { configMap: { name: "there", items: [{ key: "k", path: "p" }] } },
      "configmap references non-existent config key: k",
    ],
    [{ secret: { secretName: "there", items: [{ key: "k", path: "p" }] } }, "references non-existent secret key: k"],
    [
      { projected: { sources: [{ secret: { name: "a" } }, { configMap: { name: "b" } }] } },
      '[secret "a" not found, configmap "b" not found]',
    ],
    [
      { projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
      "failed to fetch token: this server does not issue service account tokens",
    ],
  ])("%j cannot be set up", async (source, message) => {
    const { manager, objects } = await setUp();
    objects.setConfigMap("there", { other: "x" });
    objects.setSecret("there", { other: "x" });
    const failed = manager.setUp(podWith([{ name: "v", ...source }]));
    await expect(failed).rejects.toThrow(new VolumeError("v", `MountVolume.SetUp failed for volume "v" : ${message}`));
  });

  test("what is optional may be missing, and appears later", async () => {
    const { manager, objects } = await setUp();
    const pod = podWith([{ name: "cfg", configMap: { name: "late", optional: true } }]);
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "cfg", mountPath: "/c" }), noEnv);
    expect((await readdir(mount?.hostPath ?? "")).filter((name) => !name.startsWith(".."))).toEqual([]);
    objects.setConfigMap("late", { here: "now" });
    await manager.refresh(pod);
    expect(await readFile(join(mount?.hostPath ?? "", "here"), "utf8")).toBe("now");
  });

  test("the downward API writes fields and resources", async () => {
    const folder = await temporaryFolder();
    const manager = createVolumeManager({
      root: folder,
      objects: new Objects(),
      log: silentLogger,
      mounts: noMounts,
      allocatable: () => ({ cpu: "1500m", memory: "4Gi" }),
    });
    const resource = (path: string, name: string, divisor?: string) => ({
      path,
      resourceFieldRef: { containerName: "app", resource: name, ...(divisor ? { divisor } : {}) },
    });
    const pod = podWith(
      [
        {
          name: "info",
          downwardAPI: {
            items: [
              { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
              { path: "annotations", fieldRef: { fieldPath: "metadata.annotations" } },
              { path: "tier", fieldRef: { fieldPath: "metadata.labels['tier']" } },
              { path: "uid", fieldRef: { fieldPath: "metadata.uid" }, mode: 0o400 },
              resource("cpu", "limits.cpu"),
              resource("cpu-milli", "requests.cpu", "1m"),
              resource("memory", "limits.memory", "1Mi"),
            ],
          },
        },
      ],
      { containers: [{ name: "app", image: "x", resources: { requests: { cpu: "250m" } } }] },
    );
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "info", mountPath: "/info" }), noEnv);
    const read = (name: string) => readFile(join(mount?.hostPath ?? "", name), "utf8");
    expect(await read("labels")).toBe('app="web"\ntier="front"');
    expect(await read("annotations")).toBe('note="say \\"hi\\"\\n"');
    expect(await read("tier")).toBe("front");
    expect(await read("uid")).toBe(pod.metadata.uid);
    expect(await read("cpu")).toBe("2");
    expect(await read("cpu-milli")).toBe("250");
    expect(await read("memory")).toBe("4096");
  });

  test("a projected volume joins its sources, tokens from their source included", async () => {
    const folder = await temporaryFolder();
    const objects = new Objects();
    objects.setConfigMap("ca", { "ca.crt": "PEM" });
    const manager = createVolumeManager({
      root: folder,
      objects,
      log: silentLogger,
      mounts: noMounts,
      tokens: {
        token: async (_, { audience, expirationSeconds }) => `token for ${audience} ${expirationSeconds}`,
        forget: () => undefined,
      },
    });
    const pod = podWith([
      {
        name: "kube-api-access",
        projected: {
          sources: [
            { serviceAccountToken: { path: "token", expirationSeconds: 3607, audience: "vault" } },
            { configMap: { name: "ca", items: [{ key: "ca.crt", path: "ca.crt" }] } },
            { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
          ],
        },
      },
    ]);
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "kube-api-access", mountPath: "/t" }), noEnv);
    const read = (name: string) => readFile(join(mount?.hostPath ?? "", name), "utf8");
    expect([await read("token"), await read("ca.crt"), await read("namespace")]).toEqual([
      "token for vault 3607",
      "PEM",
      "default",
    ]);
  });

  test("a path that leaves the volume is refused", async () => {
    const { manager, objects } = await setUp();
    objects.setConfigMap("c", { k: "v" });
    const items = [{ key: "k", path: "../../escape" }];
    const failed = manager.setUp(podWith([{ name: "v", configMap: { name: "c", items } }]));
    await expect(failed).rejects.toThrow("must not contain '..'");
  });
});

describe("hostPath", () => {
  test.each([
    ["Directory", "file", " is not a directory"],
    ["Directory", "missing", " is not a directory"],
    ["File", "folder", " is not a file"],
    ["FileOrCreate", "folder", " is not a file"],
    ["DirectoryOrCreate", "file", " is not a directory"],
    ["Socket", "file", " is not a socket file"],
    ["CharDevice", "file", " is not a character device"],
    ["BlockDevice", "missing", " is not a block device"],
  ])("type %s refuses a %s", async (type, name, message) => {
    const { manager, folder } = await setUp();
    await mkdir(join(folder, "folder"));
    await writeFile(join(folder, "file"), "");
    const path = join(folder, name);
    const failed = manager.setUp(podWith([{ name: "h", hostPath: { path, type } }]));
    const expected = `MountVolume.SetUp failed for volume "h" : hostPath type check failed: ${path}${message}`;
    await expect(failed).rejects.toThrow(expected);
  });

  test.each([
    ["DirectoryOrCreate", "new/deep", "isDirectory"],
    ["", "made", "isDirectory"],
    ["FileOrCreate", "new-file", "isFile"],
    ["File", "file", "isFile"],
    ["", "file", "isFile"],
  ] as const)("type %j takes or makes %s", async (type, name, check) => {
    const { manager, folder } = await setUp();
    await writeFile(join(folder, "file"), "");
    const path = join(folder, name);
    const pod = podWith([{ name: "h", hostPath: { path, type } }]);
    await manager.setUp(pod);
    expect((await stat(path))[check]()).toBe(true);
    const mounts = await manager.mounts(
      pod,
      containerWith({ name: "h", mountPath: "/h", mountPropagation: "Bidirectional" }),
      noEnv,
    );
    expect(mounts).toEqual([{ hostPath: path, containerPath: "/h", readOnly: false, propagation: "rshared" }]);
    await manager.tearDown(pod.metadata.uid ?? "");
    expect((await stat(path))[check]()).toBe(true);
  });

  test("a character device is one", async () => {
    const { manager } = await setUp();
    await manager.setUp(podWith([{ name: "null", hostPath: { path: "/dev/null", type: "CharDevice" } }]));
  });
});

describe("subPath", () => {
  async function emptyVolume(mounts = noMounts) {
    const all = await setUp(mounts);
    const pod = podWith([{ name: "data", emptyDir: {} }]);
    await all.manager.setUp(pod);
    const [whole] = await all.manager.mounts(pod, containerWith({ name: "data", mountPath: "/d" }), noEnv);
    const mountOf = async (mount: Partial<VolumeMount>, env = noEnv) =>
      (await all.manager.mounts(pod, containerWith({ name: "data", mountPath: "/d", ...mount }), env))[0]?.hostPath ??
      "";
    return { ...all, pod, volumePath: whole?.hostPath ?? "", mountOf };
  }

  test("a missing folder is made with the volume's mode", async () => {
    const { mountOf, volumePath } = await emptyVolume();
    expect(await mountOf({ subPath: "a/b" })).toBe(join(volumePath, "a/b"));
    expect((await stat(join(volumePath, "a/b"))).mode & 0o777).toBe(0o777);
  });

  test("subPathExpr takes variables, and refuses unknown ones", async () => {
    const { mountOf, volumePath } = await emptyVolume();
    const env = new Map([["POD_NAME", "web-0"]]);
    expect(await mountOf({ subPathExpr: "logs/$(POD_NAME)/$$(X)" }, env)).toBe(join(volumePath, "logs/web-0/$(X)"));
    await expect(mountOf({ subPathExpr: "$(NOPE)" }, env)).rejects.toThrow('missing value for "NOPE"');
  });

  test("a link out of the volume is refused, one inside it is followed", async () => {
    const { mountOf, volumePath } = await emptyVolume();
    await mkdir(join(volumePath, "real"));
    await symlink("real", join(volumePath, "inner"));
    await symlink("/etc", join(volumePath, "outer"));
    expect(await mountOf({ subPath: "inner" })).toBe(join(volumePath, "real"));
    const refused = 'failed to prepare subPath for volumeMount "data" of container "app"';
    await expect(mountOf({ subPath: "outer" })).rejects.toThrow(refused);
    await expect(mountOf({ subPath: "outer/kl-must-not-be-made" })).rejects.toThrow(refused);
    await expect(stat("/etc/kl-must-not-be-made")).rejects.toThrow("ENOENT");
    await expect(mountOf({ subPath: "a/../../b" })).rejects.toThrow("must not contain '..'");
    await expect(mountOf({ subPath: "/etc" })).rejects.toThrow("error SubPath `/etc` must not be an absolute path");
  });

  test.runIf(root)("as root it is pinned: swapping the folder afterwards changes nothing", async () => {
    const { manager, mountOf, pod, volumePath, folder } = await emptyVolume(hostMountTable);
    await mkdir(join(volumePath, "sub"));
    await writeFile(join(volumePath, "sub", "mine"), "");
    await writeFile(join(volumePath, "file"), "content");
    const target = await mountOf({ subPath: "sub" });
    expect(target).not.toContain(volumePath);
    expect(await readdir(target)).toEqual(["mine"]);
    expect(await mountOf({ subPath: "sub" })).toBe(target);
    expect(await hostMountTable.under(folder)).toHaveLength(1);
    const file = await mountOf({ subPath: "file" });
    expect(await readFile(file, "utf8")).toBe("content");
    const listener = createServer().listen(join(volumePath, "socket"));
    await once(listener, "listening");
    expect((await stat(await mountOf({ subPath: "socket" }))).isSocket()).toBe(true);
    listener.close();
    await manager.tearDown(pod.metadata.uid ?? "");
    expect(await hostMountTable.under(folder)).toEqual([]);
  });
});

describe("emptyDir and the life of a pod's folders", () => {
  test("tearDown needs only the uid, and another manager can do it", async () => {
    const { manager, folder, objects } = await setUp();
    objects.setConfigMap("c", { k: "v" });
    const pod = podWith([
      { name: "data", emptyDir: {} },
      { name: "cfg", configMap: { name: "c" } },
    ]);
    await manager.setUp(pod);
    const later = createVolumeManager({ root: folder, objects, log: silentLogger, mounts: noMounts });
    expect(await later.podUids()).toEqual([pod.metadata.uid]);
    await later.setUp(pod);
    await later.tearDown(pod.metadata.uid ?? "");
    await later.tearDown(pod.metadata.uid ?? "");
    expect(await later.podUids()).toEqual([]);
  });

  test("what containers wrote is kept when it is set up again", async () => {
    const { manager } = await setUp();
    const pod = podWith([{ name: "data", emptyDir: {} }]);
    await manager.setUp(pod);
    const [mount] = await manager.mounts(pod, containerWith({ name: "data", mountPath: "/d" }), noEnv);
    await writeFile(join(mount?.hostPath ?? "", "kept"), "yes");
    await manager.setUp(pod);
    expect(await readFile(join(mount?.hostPath ?? "", "kept"), "utf8")).toBe("yes");
    expect((await stat(mount?.hostPath ?? "")).mode & 0o777).toBe(0o777);
  });

  test("a volume of an unknown kind says so", async () => {
    const { manager } = await setUp();
    const failed = manager.setUp(podWith([{ name: "v", persistentVolumeClaim: { claimName: "c" } }]));
    await expect(failed).rejects.toThrow("persistentVolumeClaim are not supported by this node");
  });

  test.runIf(root)("medium Memory is a tmpfs of the size limit, secrets are in memory too", async () => {
    const { manager, objects, folder } = await setUp(hostMountTable);
    objects.setSecret("s", { k: "v" });
    const pod = podWith([
      { name: "fast", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "s", secret: { secretName: "s" } },
    ]);
    await manager.setUp(pod);
    await manager.setUp(pod);
    expect(await hostMountTable.under(folder)).toHaveLength(2);
    const [mount] = await manager.mounts(pod, containerWith({ name: "fast", mountPath: "/d" }), noEnv);
    await expect(writeFile(join(mount?.hostPath ?? "", "big"), Buffer.alloc(2 << 20))).rejects.toThrow("ENOSPC");
    await manager.tearDown(pod.metadata.uid ?? "");
    expect(await hostMountTable.under(folder)).toEqual([]);
  });

  test.runIf(root)("fsGroup owns what is written", async () => {
    const { manager, objects } = await setUp();
    objects.setConfigMap("c", { k: "v" });
    const pod = podWith(
      [
        { name: "data", emptyDir: {} },
        { name: "cfg", configMap: { name: "c", defaultMode: 0o400 } },
      ],
      { securityContext: { fsGroup: 4321 } },
    );
    await manager.setUp(pod);
    const container = containerWith({ name: "data", mountPath: "/d" }, { name: "cfg", mountPath: "/c" });
    const [data, cfg] = await manager.mounts(pod, container, noEnv);
    const folder = await stat(data?.hostPath ?? "");
    expect([folder.gid, folder.mode & 0o2777]).toEqual([4321, 0o2777]);
    const file = await stat(join(cfg?.hostPath ?? "", "k"));
    expect([file.gid, file.mode & 0o777]).toEqual([4321, 0o440]);
  });
});
