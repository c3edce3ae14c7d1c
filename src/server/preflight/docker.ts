/** Whether a Docker engine answers, and what it cannot do for pods. Never an error: the node turns Ready when one appears. */
import { type ClientRequestArgs, get, type IncomingMessage } from "node:http";
import { defaultDockerAddress } from "../../agent/runtime/docker/engine.ts";
import type { Finding } from "./types.ts";

const timeoutMilliseconds = 2000;
/** 19.03: the first with what the agent asks for. */
const oldestApi = [1, 40] as const;

interface EngineInfo {
  readonly CgroupDriver?: string;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly OSType?: string;
  /** "Docker Desktop", or the distribution's name. */
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[];
}

export async function checkDocker(host: string | undefined, environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  const where = host ?? (environment.DOCKER_HOST || defaultDockerAddress());
  // With TLS the certificates are the agent's to present: what answers there shows in the node's conditions.
  if (where.startsWith("https:") || where.endsWith(":2376")) return [];
  const target = targetOf(where);
  if (!target) return [warning(`DOCKER_HOST ${where} is not one that kl can use: give a unix:// or tcp:// address`)];
  try {
    const version = await ask<{ ApiVersion?: string; Version?: string }>(target, "/version");
    if (isOlder(version.ApiVersion ?? "0.0")) {
      return [warning(`Docker ${version.Version} is too old to run pods: upgrade it to 19.03 or newer`)];
    }
    return limitsOf(await ask<EngineInfo>(target, "/info"));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === "EACCES" ? "this user may not use it: join the group docker, or run as root" : "start Docker";
    return [
      warning(`no Docker engine answers at ${where}: pods wait and the node is NotReady until one does (${why})`),
    ];
  }
}

function warning(message: string): Finding {
  return { level: "warning", message };
}

function limitsOf(info: EngineInfo): Finding[] {
  const findings: Finding[] = [];
  const elsewhere = info.OperatingSystem === "Docker Desktop" ? "Docker Desktop" : rootless(info);
  if (elsewhere !== undefined) {
    findings.push(
      warning(
        `${elsewhere} keeps pods in a network of its own: Services, cluster DNS, node ports, NetworkPolicies and pods of other nodes do not work (port-forward does)`,
      ),
    );
  }
  if (info.OSType !== undefined && info.OSType !== "linux") {
    findings.push(warning(`the Docker engine runs ${info.OSType} containers: switch it to Linux containers`));
  }
  if (info.CgroupDriver === "none" || info.MemoryLimit === false) {
    findings.push(
      warning("this Docker engine does not enforce memory limits (cgroups): limits of pods have no effect"),
    );
  }
  if (info.CpuCfsQuota === false) {
    findings.push(warning("this Docker engine does not enforce CPU limits (CFS quota): limits of pods have no effect"));
  }
  return findings;
}

function rootless({ SecurityOptions = [] }: EngineInfo): string | undefined {
  return SecurityOptions.some((option) => option.includes("name=rootless")) ? "a rootless Docker engine" : undefined;
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestApi[0] || (major === oldestApi[0] && minor < oldestApi[1]);
}

function targetOf(where: string): ClientRequestArgs | undefined {
  if (where.startsWith("unix://")) return { socketPath: where.slice("unix://".length) };
  if (where.startsWith("/")) return { socketPath: where };
  const match = /^(?:tcp|http):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?/.exec(where);
  return match ? { host: match[1]?.replace(/^\[|\]$/g, ""), port: Number(match[2] ?? 2375) } : undefined;
}

function ask<T>(target: ClientRequestArgs, path: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const asking = get({ ...target, path, timeout: timeoutMilliseconds, agent: false }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()) as T);
        } catch (error) {
          reject(error);
        }
      });
    });
    asking.on("timeout", () => asking.destroy(new Error("no answer in time")));
    asking.on("error", reject);
  });
}
