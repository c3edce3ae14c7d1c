/** What the host and the container engine say about themselves. */
import { readFile, statfs } from "node:fs/promises";
import { arch, freemem, hostname, networkInterfaces, release, totalmem, type } from "node:os";
import type { ImageStatus, Runtime, RuntimeInfo } from "../runtime/types.ts";

export interface HostFacts {
  readonly hostname: string;
  readonly kernel: string;
  readonly osImage: string;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
}

export interface Measurement {
  /** Undefined while the engine does not answer; `unavailable` says why. */
  readonly runtime: RuntimeInfo | undefined;
  readonly unavailable: string | undefined;
  readonly images: readonly ImageStatus[];
  readonly disk: { readonly totalBytes: number; readonly availableBytes: number };
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
}

export function hostArchitecture(): "amd64" | "arm64" {
  return arch() === "arm64" ? "arm64" : "amd64";
}

/** The address others reach this host by: the first one of a real interface, IPv4 before IPv6. */
export function hostAddress(): string {
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker|br-|kl-|klv-|veth|cni|virbr)/.test(name))
    .flatMap(([, list]) => list ?? [])
    .filter(({ internal }) => !internal);
  const found = addresses.find(({ family }) => family === "IPv4") ?? addresses.find(({ scopeid }) => scopeid === 0);
  return found?.address ?? "127.0.0.1";
}

export async function hostFacts(): Promise<HostFacts> {
  const read = (path: string) =>
    readFile(path, "utf8").then(
      (text) => text.trim(),
      () => "",
    );
  const release_ = await read("/etc/os-release");
  const machineId = await read("/etc/machine-id");
  return {
    hostname: hostname().toLowerCase(),
    kernel: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release_)?.[1] ?? type(),
    machineId,
    systemUuid: (await read("/sys/class/dmi/id/product_uuid")) || machineId,
    bootId: await read("/proc/sys/kernel/random/boot_id"),
  };
}

/** `withImages`: the list of images costs the engine more than the rest. */
export async function measure(
  runtime: Pick<Runtime, "info" | "listImages">,
  dataDir: string,
  withImages: boolean,
): Promise<Measurement> {
  const { bsize, blocks, bavail } = await statfs(dataDir);
  const base = {
    disk: { totalBytes: bsize * blocks, availableBytes: bsize * bavail },
    memory: { totalBytes: totalmem(), availableBytes: await availableMemory() },
  };
  try {
    const info = await runtime.info();
    return { ...base, runtime: info, unavailable: undefined, images: withImages ? await runtime.listImages() : [] };
  } catch (error) {
    return { ...base, runtime: undefined, unavailable: (error as Error).message, images: [] };
  }
}

/** Free memory and what the kernel would give back. */
async function availableMemory(): Promise<number> {
  const text = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
}
