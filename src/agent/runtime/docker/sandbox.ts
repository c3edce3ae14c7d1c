/** The sandbox: a pause container whose network and IPC namespaces are the pod's. */
import type Docker from "dockerode";
import { RuntimeError, type SandboxConfig, type SandboxState } from "../types.ts";
import type { Engine } from "./engine.ts";
import { dockerName, label, type Ownership, sandboxLabels } from "./labels.ts";

/** The sandbox itself costs next to nothing and must outlive the pod's own processes: Kubernetes' value for it. */
export const SANDBOX_OOM_SCORE = -998;

export function sandboxOptions(
  config: SandboxConfig,
  owner: Ownership,
  image: string,
  network: string,
  oomScoreAdj: number,
): Docker.ContainerCreateOptions {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const mapping of config.hostNetwork ? [] : config.portMappings) {
    const port = `${mapping.containerPort}/${mapping.protocol.toLowerCase()}`;
    exposed[port] = {};
    bindings[port] ??= [];
    bindings[port].push({ HostIp: mapping.hostIP ?? "", HostPort: String(mapping.hostPort) });
  }
  const aliases = config.hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((hostname) => `${hostname}:${ip}`));
  return {
    name: dockerName("POD", { namespace: config.namespace, name: config.name, uid: config.podUid }, config.attempt),
    Image: image,
    // The host's network comes with the host's name.
    ...(config.hostNetwork ? {} : { Hostname: config.hostname, ExposedPorts: exposed }),
    Labels: sandboxLabels(owner, config),
    HostConfig: {
      NetworkMode: config.hostNetwork ? "host" : network,
      IpcMode: config.hostIPC ? "host" : "shareable",
      ...(config.hostPID ? { PidMode: "host" } : {}),
      ...(config.dns
        ? { Dns: [...config.dns.servers], DnsSearch: [...config.dns.searches], DnsOptions: [...config.dns.options] }
        : {}),
      ExtraHosts: aliases,
      PortBindings: bindings,
      Sysctls: { ...config.sysctls },
      OomScoreAdj: oomScoreAdj,
      CpuShares: 2,
      SecurityOpt: ["no-new-privileges"],
      CapDrop: ["ALL"],
      ReadonlyRootfs: true,
      LogConfig: { Type: "none", Config: {} },
    },
  };
}

/** Creates and starts it; one that cannot be started is removed again, so that the next attempt finds the name free. */
export async function createSandbox(engine: Engine, options: Docker.ContainerCreateOptions): Promise<string> {
  const container = await engine.call((docker) => create(docker, options));
  try {
    await engine.call(() => container.start());
    return container.id;
  } catch (error) {
    await engine
      .call(() => container.remove({ force: true, v: true }))
      .catch((second: unknown) => {
        throw new AggregateError([error, second], "a sandbox that did not start could not be removed either");
      });
    throw error;
  }
}

/** Creates a container; a dead one that holds its name (from an attempt that was cut off) makes way. */
export async function create(docker: Docker, options: Docker.ContainerCreateOptions): Promise<Docker.Container> {
  try {
    return await docker.createContainer(options);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 409 || options.name === undefined) throw error;
    const inTheWay = docker.getContainer(options.name);
    const found = await inTheWay.inspect();
    if (found.State.Running) throw error;
    await inTheWay.remove({ force: true, v: true });
    return await docker.createContainer(options);
  }
}

/** From an entry of the engine's list, or from inspect: both name networks alike. */
export function sandboxState(
  id: string,
  labels: Readonly<Record<string, string>>,
  running: boolean,
  createdAt: string,
  networks: Readonly<Record<string, { IPAddress: string; GlobalIPv6Address?: string }>>,
): SandboxState {
  const ips =
    labels[label.hostNetwork] === "true"
      ? []
      : Object.values(networks).flatMap((network) =>
          [network.IPAddress, network.GlobalIPv6Address].filter((ip) => ip !== undefined && ip !== ""),
        );
  return {
    id,
    podUid: required(labels, label.podUid),
    namespace: required(labels, label.podNamespace),
    name: required(labels, label.podName),
    attempt: Number(required(labels, label.attempt)),
    running,
    createdAt,
    ips: ips.filter((ip): ip is string => ip !== undefined),
  };
}

export function required(labels: Readonly<Record<string, string>>, name: string): string {
  const value = labels[name];
  if (value === undefined) throw new RuntimeError("other", `a container of ours lacks the label ${name}`);
  return value;
}
