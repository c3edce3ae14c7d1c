/** What `kl agent` can be told: a flag wins over KL_… in the environment, that over the default. */
import { isIP } from "node:net";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { dns1123Subdomain, labelValueRule, qualifiedNameRule } from "../machinery/meta/names.ts";
import type { Taint } from "../machinery/types/core/v1.ts";
import { ConfigError, defaultNodeName, type LogLevel, logLevels } from "./config.ts";

export interface AgentConfig {
  /** "https://10.0.0.1:6443"; absent: the server that this host has joined before. */
  readonly server?: string;
  readonly token?: string;
  readonly dataDir: string;
  /** Absent: the one it had, or its host name. */
  readonly nodeName?: string;
  readonly defaultNodeName: string;
  readonly nodeIp?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly dockerHost?: string;
  readonly logLevel: LogLevel;
}

export const agentFlags: readonly { readonly flags: string; readonly description: string }[] = [
  { flags: "--join <URL>", description: "the server, as https://HOST:PORT; needed the first time" },
  { flags: "--token <TOKEN>", description: "what kl token create prints; needed the first time (or KL_TOKEN)" },
  { flags: "--data-dir <DIR>", description: "where everything lives (default: ~/.kl)" },
  { flags: "--node-name <NAME>", description: "name of this machine's node (default: its host name)" },
  { flags: "--node-ip <IP>", description: "address under which other nodes reach this one" },
  { flags: "--labels <LIST>", description: "labels of the node when it is new: a=b,c=d" },
  { flags: "--taints <LIST>", description: "taints of the node when it is new: key=value:NoSchedule,…" },
  { flags: "--docker-host <URL>", description: "Docker engine, as DOCKER_HOST has it" },
  { flags: "--log-level <LEVEL>", description: `${logLevels.join(", ")} (default: warn)` },
];

/** `given`: what the command line said, by camelCase name. Throws ConfigError. */
export function readAgentConfig(
  given: Readonly<Record<string, string | undefined>>,
  environment: NodeJS.ProcessEnv,
): AgentConfig {
  const pick = (name: string): [value: string, source: string] | undefined => {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const variable = `KL_${flag.toUpperCase().replaceAll("-", "_")}`;
    if (given[name]) return [given[name], `--${flag}`];
    return environment[variable] ? [environment[variable], variable] : undefined;
  };
  const parse = <T>(name: string, read: (value: string, source: string) => T): T | undefined => {
    const found = pick(name);
    return found && read(...found);
  };
  const text = (value: string): string => value;
  const server = parse("join", serverUrl);
  const token = parse("token", text);
  const nodeName = parse("nodeName", checkedName);
  const nodeIp = parse("nodeIp", checkedAddress);
  const dockerHost = parse("dockerHost", text);
  return {
    ...(server === undefined ? {} : { server }),
    ...(token === undefined ? {} : { token }),
    dataDir: resolve(parse("dataDir", text) ?? join(homedir(), ".kl")),
    ...(nodeName === undefined ? {} : { nodeName }),
    defaultNodeName: defaultNodeName(),
    ...(nodeIp === undefined ? {} : { nodeIp }),
    labels: parse("labels", labelsOf) ?? {},
    taints: parse("taints", taintsOf) ?? [],
    ...(dockerHost === undefined ? {} : { dockerHost }),
    logLevel: parse("logLevel", levelOf) ?? "warn",
  };
}

function serverUrl(value: string, source: string): string {
  let url: URL | undefined;
  try {
    url = new URL(value);
  } catch {
    // Told below.
  }
  if (url?.protocol !== "https:" || (url.pathname !== "/" && url.pathname !== "") || url.search || url.username) {
    throw new ConfigError(`${source} must be https://HOST:PORT, not "${value}"`);
  }
  // As for kl server: 6443 is where it listens.
  return /:\d+\/?$/.test(value) ? `https://${hostWithPort(url)}` : `https://${url.hostname}:6443`;
}

/** URL leaves out 443. */
function hostWithPort(url: URL): string {
  return `${url.hostname}:${url.port || "443"}`;
}

function checkedName(value: string, source: string): string {
  const [wrong] = dns1123Subdomain(value);
  if (wrong !== undefined) throw new ConfigError(`${source} "${value}" is no name for a node: ${wrong}`);
  return value;
}

function checkedAddress(value: string, source: string): string {
  if (isIP(value) === 0) throw new ConfigError(`${source} must be an IP address, not "${value}"`);
  return value;
}

/** What a node may say of itself (NodeRestriction): of Kubernetes' own labels only some. */
const ownLabels =
  /^(kubernetes\.io\/(hostname|arch|os)|(beta|node)\.kubernetes\.io\/(instance-type|arch|os)|(failure-domain\.beta|topology)\.kubernetes\.io\/(region|zone))$|^([^/]*\.)?(kubelet|node)\.kubernetes\.io\//;

function labelsOf(value: string, source: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of value.split(",").filter(Boolean)) {
    const [key = "", text = "", ...more] = pair.split("=");
    const [wrong] = [...qualifiedNameRule(key), ...labelValueRule(text)];
    if (wrong !== undefined || more.length > 0) {
      throw new ConfigError(`${source}: "${pair}" is no label such as disk=ssd${wrong ? `: ${wrong}` : ""}`);
    }
    const domain = key.includes("/") ? (key.split("/")[0] ?? "") : "";
    if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain) && !ownLabels.test(key)) {
      throw new ConfigError(`${source}: a node may not give itself the label ${key}; kubectl label node can`);
    }
    labels[key] = text;
  }
  return labels;
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

function taintsOf(value: string, source: string): Taint[] {
  return value
    .split(",")
    .filter(Boolean)
    .map((text) => {
      const [, key = "", taintValue, effectText = ""] = /^([^=:]+)(?:=([^:]*))?:(.*)$/.exec(text) ?? [];
      const effect = effects.find((known) => known === effectText);
      const [wrong] = [...qualifiedNameRule(key), ...labelValueRule(taintValue ?? "")];
      if (effect === undefined || wrong !== undefined) {
        throw new ConfigError(`${source}: "${text}" is no taint such as key=value:${effects.join("|")}`);
      }
      return { key, ...(taintValue ? { value: taintValue } : {}), effect };
    });
}

function levelOf(value: string, source: string): LogLevel {
  const level = logLevels.find((known) => known === value);
  if (level) return level;
  throw new ConfigError(`${source} must be one of ${logLevels.join(", ")}, not "${value}"`);
}
