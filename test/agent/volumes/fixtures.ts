import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { hostMountTable, type MountTable } from "../../../src/agent/volumes/mount-table.ts";
import type { ObjectSource } from "../../../src/agent/volumes/types.ts";
import type { ConfigMap, Pod, PodSpec, Secret, Volume } from "../../../src/machinery/types/core/v1.ts";

/** A temporary folder that is gone after the test, mounts in it included. */
export function temporaryFolders(): () => Promise<string> {
  const made: string[] = [];
  afterEach(async () => {
    for (const folder of made.splice(0)) {
      for (const point of await hostMountTable.under(folder)) await hostMountTable.unmount(point);
      await rm(folder, { recursive: true, force: true });
    }
  });
  return async () => {
    const folder = await mkdtemp(join(tmpdir(), "kl-volumes-"));
    made.push(folder);
    return folder;
  };
}

/** As on a host where this process is not root. */
export const noMounts: MountTable = {
  available: false,
  under: async () => [],
  mountTmpfs: async () => {
    throw new Error("mount: only root can do that");
  },
  bind: async () => {
    throw new Error("mount: only root can do that");
  },
  unmount: async () => {
    throw new Error("umount: only root can do that");
  },
};

export class Objects implements ObjectSource {
  readonly configMaps = new Map<string, ConfigMap>();
  readonly secrets = new Map<string, Secret>();
  configMap(namespace: string, name: string): ConfigMap | undefined {
    return this.configMaps.get(`${namespace}/${name}`);
  }
  secret(namespace: string, name: string): Secret | undefined {
    return this.secrets.get(`${namespace}/${name}`);
  }
  setConfigMap(name: string, data: Record<string, string>, binaryData: Record<string, string> = {}): void {
    this.configMaps.set(`default/${name}`, { metadata: { name, namespace: "default" }, data, binaryData });
  }
  setSecret(name: string, data: Record<string, string>): void {
    const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
    this.secrets.set(`default/${name}`, {
      metadata: { name, namespace: "default" },
      data: Object.fromEntries(encoded),
    });
  }
}

export function podWith(volumes: Volume[], spec: Partial<PodSpec> = {}): Pod {
  return {
    metadata: {
      name: "web-0",
      namespace: "default",
      uid: "0b5a3c4e-1111-4222-8333-444455556666",
      labels: { tier: "front", app: "web" },
      annotations: { note: 'say "hi"\n' },
    },
    spec: { containers: [{ name: "app", image: "x" }], ...spec, volumes },
  };
}
