/**
 * What `kl server` can be told, and from where: a flag wins over KL_… in the environment, that over the config file, that
 * over the default. Every setting has the same name in all three: --data-dir, KL_DATA_DIR, dataDir.
 */
import { readFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join, resolve } from "node:path";
import { cidrsOverlap, parseCidr } from "../machinery/net/cidr.ts";
import { type ApiFlags, apiSettings } from "./api-flags.ts";
import { ConfigError, choice, cidr, count, type Setting, text, toggle } from "./setting.ts";

export { ConfigError } from "./setting.ts";

export interface ServerConfig {
  readonly dataDir: string;
  /** 0: any free port. */
  readonly port: number;
  readonly bindAddress: string;
  /** Further names and addresses in the server's certificate. */
  readonly tlsSan: readonly string[];
  /** Where pods and other machines reach the API; absent: the bind address, or this machine's own where that is none to be reached at. */
  readonly advertiseAddress?: string;
  readonly nodeName: string;
  /** false: no node on this machine; only the API, scheduler and controllers. */
  readonly agent: boolean;
  /** As DOCKER_HOST has it; absent: DOCKER_HOST itself or the default socket. */
  readonly dockerHost?: string;
  readonly simulatedNodes: number;
  readonly logLevel: LogLevel;
  readonly writeKubeconfig: boolean;
  readonly serviceCidr: string;
  /** Of all pods; each node has a part of it. */
  readonly clusterCidr: string;
  readonly nodeCidrMaskSize: number;
  readonly overlay: Overlay;
  /** How long history is kept, in seconds. */
  readonly historyWindow: number;
  /** What kube-apiserver has flags of the same name for. */
  readonly api: ApiFlags;
}

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

const overlays = ["vxlan", "host-routes"] as const;
export type Overlay = (typeof overlays)[number];

/** RFC 1123 wants lower case; the rest of a host name that a Node's name cannot carry becomes a dash. */
export function defaultNodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "");
  return name || "kl";
}

const settings = {
  dataDir: text("data-dir", "DIR", "where everything lives (default: ~/.kl)", () => join(homedir(), ".kl")),
  port: count("port", "port of the API (default: 6443; 0 takes a free one)", 6443, 65_535),
  bindAddress: text("bind-address", "ADDRESS", "address to listen on (default: 127.0.0.1)", () => "127.0.0.1"),
  tlsSan: {
    flag: "tls-san",
    value: "NAMES",
    description: "further names and addresses under which the server is reached, separated by commas",
    default: (): readonly string[] => [],
    parse: (raw: string) =>
      raw
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean),
  },
  advertiseAddress: text(
    "advertise-address",
    "ADDRESS",
    "address at which pods and other machines reach the API",
    () => "",
  ),
  nodeName: text("node-name", "NAME", "name of this machine's node (default: its host name)", defaultNodeName),
  agent: toggle("agent", "run pods on this machine (--no-agent: only the API, scheduler and controllers)", true),
  dockerHost: text("docker-host", "URL", "Docker engine, as DOCKER_HOST has it", () => ""),
  simulatedNodes: count("simulated-nodes", "also run N nodes whose pods have no containers", 0, 100_000),
  logLevel: choice("log-level", "LEVEL", logLevels, "warn"),
  writeKubeconfig: toggle("write-kubeconfig", "merge a context `kl` into your kubeconfig", false),
  serviceCidr: cidr("service-cidr", "addresses of Services", "10.43.0.0/16"),
  clusterCidr: cidr("cluster-cidr", "addresses of pods", "10.42.0.0/16"),
  nodeCidrMaskSize: count("node-cidr-mask-size", "bits of each node's part of the cluster CIDR (default: 24)", 24, 30),
  overlay: choice("overlay", "KIND", overlays, "vxlan", "how nodes reach each other's pods: "),
  historyWindow: count("history-window", "seconds of history to keep (default: 3600)", 3600, 31_536_000),
} satisfies { [K in keyof Required<Omit<ServerConfig, "api">>]: Setting<unknown> };

const allSettings: Readonly<Record<string, Setting<unknown>>> = { ...settings, ...apiSettings };

/** The flags of `kl server`: "--port <N>", "--no-agent". */
export function serverFlags(): { readonly flags: string; readonly description: string }[] {
  return [
    ...Object.values(allSettings).map((setting) => ({
      flags:
        setting.value !== undefined
          ? `--${setting.flag} <${setting.value}>`
          : setting.default() === true
            ? `--no-${setting.flag}`
            : `--${setting.flag}`,
      description: setting.description,
    })),
    { flags: "--config <FILE>", description: "YAML file with the same settings (dataDir: …, port: …)" },
  ];
}

/**
 * `given`: what the command line said, by camelCase name; absent where it said nothing.
 * Throws ConfigError naming the flag, variable or file that is wrong.
 */
export async function readServerConfig(
  given: Readonly<Record<string, string | boolean | undefined>>,
  environment: NodeJS.ProcessEnv,
): Promise<ServerConfig> {
  const file = given.config ?? environment.KL_CONFIG;
  const fromFile = typeof file === "string" && file !== "" ? await readConfigFile(file) : {};
  const pick = <T>(name: string, setting: Setting<T>): T => {
    const variable = `KL_${setting.flag.toUpperCase().replaceAll("-", "_")}`;
    const candidates: [unknown, string][] = [
      [given[name], `--${setting.flag}`],
      [environment[variable], variable],
      [fromFile[name], `${name} in ${file}`],
    ];
    for (const [value, source] of candidates) {
      if (value === undefined || value === "") continue;
      return setting.parse(String(value), source);
    }
    return setting.default();
  };
  const advertiseAddress = pick("advertiseAddress", settings.advertiseAddress);
  const dockerHost = pick("dockerHost", settings.dockerHost);
  const config: ServerConfig = {
    dataDir: resolve(pick("dataDir", settings.dataDir)),
    port: pick("port", settings.port),
    bindAddress: pick("bindAddress", settings.bindAddress),
    tlsSan: pick("tlsSan", settings.tlsSan),
    nodeName: pick("nodeName", settings.nodeName),
    agent: pick("agent", settings.agent),
    ...(dockerHost ? { dockerHost } : {}),
    ...(advertiseAddress ? { advertiseAddress } : {}),
    simulatedNodes: pick("simulatedNodes", settings.simulatedNodes),
    logLevel: pick("logLevel", settings.logLevel),
    writeKubeconfig: pick("writeKubeconfig", settings.writeKubeconfig),
    serviceCidr: pick("serviceCidr", settings.serviceCidr),
    clusterCidr: pick("clusterCidr", settings.clusterCidr),
    nodeCidrMaskSize: pick("nodeCidrMaskSize", settings.nodeCidrMaskSize),
    overlay: pick("overlay", settings.overlay),
    historyWindow: pick("historyWindow", settings.historyWindow),
    api: Object.fromEntries(
      Object.entries(apiSettings).map(([name, setting]) => [name, pick<unknown>(name, setting)]),
    ) as unknown as ApiFlags,
  };
  checkRanges(config);
  return config;
}

function checkRanges({ clusterCidr, serviceCidr, nodeCidrMaskSize }: ServerConfig): void {
  const pods = parseCidr(clusterCidr);
  const services = parseCidr(serviceCidr);
  if (!pods || !services) return;
  if (cidrsOverlap(pods, services)) {
    throw new ConfigError(`--cluster-cidr ${clusterCidr} and --service-cidr ${serviceCidr} overlap`);
  }
  if (nodeCidrMaskSize < pods.bits || nodeCidrMaskSize - pods.bits > 16) {
    throw new ConfigError(
      `--node-cidr-mask-size must be from ${pods.bits} to ${Math.min(30, pods.bits + 16)} for --cluster-cidr ${clusterCidr}, not ${nodeCidrMaskSize}`,
    );
  }
}

async function readConfigFile(file: string): Promise<Record<string, unknown>> {
  let contents: string;
  try {
    contents = await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`cannot read the config file ${file}: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
  const { default: yaml } = await import("yaml");
  let parsed: unknown;
  try {
    parsed = yaml.parse(contents) ?? {};
  } catch (error) {
    throw new ConfigError(`${file} is not valid YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(`${file} must hold settings as "name: value" lines`);
  }
  const unknown = Object.keys(parsed).find((name) => !(name in allSettings));
  if (unknown !== undefined) {
    throw new ConfigError(`${file}: unknown setting "${unknown}"; known are ${Object.keys(allSettings).join(", ")}`);
  }
  return parsed as Record<string, unknown>;
}
