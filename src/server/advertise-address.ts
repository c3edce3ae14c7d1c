/** Undefined where this machine has none. As kube-apiserver chooses its --advertise-address: the bind address, where others can reach it, or the host's own. */
import { networkInterfaces } from "node:os";
import type { ServerConfig } from "./config.ts";

/** Interfaces of containers, not of the host. */
const containers = /^(docker|br-|kl-|klv-|veth|cni|virbr)/;

export function advertiseAddress(config: Pick<ServerConfig, "advertiseAddress" | "bindAddress">): string | undefined {
  if (config.advertiseAddress) return config.advertiseAddress;
  const { bindAddress } = config;
  const local =
    bindAddress === "0.0.0.0" || bindAddress === "::" || bindAddress === "::1" || bindAddress === "localhost";
  if (!local && !bindAddress.startsWith("127.")) return bindAddress;
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => !containers.test(name))
    .flatMap(([, list]) => list ?? [])
    .filter(({ internal }) => !internal);
  const found = addresses.find(({ family }) => family === "IPv4") ?? addresses.find(({ scopeid }) => scopeid === 0);
  return found?.address;
}
