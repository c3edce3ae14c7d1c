/** From the API server's flags to its options: reads the files that flags name. What is not asked for is not even loaded. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuthenticationOptions } from "../api/authn/authentication.ts";
import type { OidcIssuer } from "../api/authn/oidc/oidc-tokens.ts";
import { SecretsEncryption } from "../api/encryption/secrets-encryption.ts";
import type { ApiServerOptions } from "../api/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { disabledPlugins } from "./admission-flags.ts";
import type { ApiFlags } from "./api-flags.ts";
import type { ServerConfig } from "./config.ts";
import { ConfigError } from "./setting.ts";

type Given = Pick<
  ApiServerOptions,
  "limits" | "disableAdmissionPlugins" | "authentication" | "audit" | "tracing" | "profiling"
>;

/** Throws ConfigError that names the flag and the file which is wrong. */
export async function apiOptions(flags: ApiFlags, clock: Clock, log: Logger): Promise<Given> {
  const { maxRequestsInflight, maxMutatingRequestsInflight, requestTimeout, profiling } = flags;
  if (maxRequestsInflight + maxMutatingRequestsInflight === 0) {
    throw new ConfigError("--max-requests-inflight and --max-mutating-requests-inflight cannot both be 0");
  }
  const audit = await auditor(flags, clock, log);
  const tracing = await requestTracing(flags, clock, log);
  return {
    limits: { maxRequestsInflight, maxMutatingRequestsInflight, requestTimeout },
    disableAdmissionPlugins: disabledPlugins(flags),
    authentication: await authentication(flags),
    profiling,
    ...(audit === undefined ? {} : { audit }),
    ...(tracing === undefined ? {} : { tracing }),
  };
}

async function authentication(flags: ApiFlags): Promise<AuthenticationOptions> {
  const { anonymousAuth, tokenAuthFile, requestheaderClientCaFile } = flags;
  const staticTokens = tokenAuthFile === "" ? undefined : await tokens(tokenAuthFile);
  const configured = await configuration(flags);
  const oidc = flags.oidcIssuerUrl === "" ? configured?.oidc : [await issuerOf(flags)];
  const anonymous = configured?.anonymous ?? (anonymousAuth ? { enabled: true } : undefined);
  return {
    ...(staticTokens ? { staticTokens } : {}),
    ...(oidc ? { oidc } : {}),
    ...(anonymous ? { anonymous } : {}),
    ...(requestheaderClientCaFile === ""
      ? {}
      : {
          requestHeader: {
            clientCa: await fileOf("--requestheader-client-ca-file", requestheaderClientCaFile),
            allowedNames: flags.requestheaderAllowedNames,
            usernameHeaders: flags.requestheaderUsernameHeaders,
            uidHeaders: flags.requestheaderUidHeaders,
            groupHeaders: flags.requestheaderGroupHeaders,
            extraHeaderPrefixes: flags.requestheaderExtraHeadersPrefix,
          },
        }),
  };
}

async function tokens(file: string) {
  const { parseTokenFile } = await import("../api/authn/static-tokens.ts");
  const text = await fileOf("--token-auth-file", file);
  return checked("--token-auth-file", file, () => parseTokenFile(text));
}

async function configuration({ authenticationConfig: file, oidcIssuerUrl, anonymousAuth }: ApiFlags) {
  if (file === "") return undefined;
  const { parseAuthenticationConfiguration } = await import("../api/authn/authentication-configuration.ts");
  const document = await documentOf("--authentication-config", file);
  const parsed = checked("--authentication-config", file, () => parseAuthenticationConfiguration(document));
  if (oidcIssuerUrl !== "") {
    throw new ConfigError("authentication-config file and oidc-* flags are mutually exclusive");
  }
  if (anonymousAuth && parsed.anonymous) {
    throw new ConfigError(
      "--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file",
    );
  }
  return parsed;
}

/** `--oidc-…`, with kube-apiserver's defaults. */
async function issuerOf(flags: ApiFlags): Promise<OidcIssuer> {
  const { oidcIssuerUrl: issuer, oidcClientId, oidcUsernameClaim: claim, oidcUsernamePrefix, oidcGroupsClaim } = flags;
  if (!issuer.startsWith("https://")) throw new ConfigError(`--oidc-issuer-url must be an https URL, not "${issuer}"`);
  if (oidcClientId === "") throw new ConfigError("oidc-issuer-url and oidc-client-id must be specified together");
  const usual = claim === "email" ? "" : `${issuer}#`;
  const prefix = oidcUsernamePrefix === "-" ? "" : oidcUsernamePrefix || usual;
  const requiredClaims: Record<string, string> = {};
  for (const pair of flags.oidcRequiredClaim) {
    const mark = pair.indexOf("=");
    if (mark <= 0) throw new ConfigError(`--oidc-required-claim must be KEY=VALUE, not "${pair}"`);
    requiredClaims[pair.slice(0, mark)] = pair.slice(mark + 1);
  }
  return {
    issuer,
    audiences: [oidcClientId],
    mappings: {
      username: { claim, prefix },
      ...(oidcGroupsClaim === "" ? {} : { groups: { claim: oidcGroupsClaim, prefix: flags.oidcGroupsPrefix } }),
    },
    requiredClaims,
    algorithms: flags.oidcSigningAlgs,
    ...(flags.oidcCaFile === "" ? {} : { certificateAuthority: await fileOf("--oidc-ca-file", flags.oidcCaFile) }),
  };
}

async function auditor(flags: ApiFlags, clock: Clock, log: Logger) {
  const { auditPolicyFile: file, auditLogPath: path, auditLogMaxsize, auditLogMaxbackup, auditLogMaxage } = flags;
  // As kube-apiserver: a policy without a log, and a log without a policy, write nothing.
  if (file === "" || path === "") return undefined;
  const [{ Auditor }, { AuditPolicy }, { LogFile }] = await Promise.all([
    import("../api/audit/auditor.ts"),
    import("../api/audit/policy.ts"),
    import("../api/audit/log-file.ts"),
  ]);
  const document = await documentOf("--audit-policy-file", file);
  const policy = checked("--audit-policy-file", file, () => AuditPolicy.parse(document));
  const rotation = { maxSize: auditLogMaxsize, maxBackup: auditLogMaxbackup, maxAge: auditLogMaxage };
  return new Auditor(policy, new LogFile({ path, ...rotation }, clock, log), clock);
}

async function requestTracing({ tracingConfigFile: file }: ApiFlags, clock: Clock, log: Logger) {
  if (file === "") return undefined;
  const [{ createTracing }, { parseTracingConfiguration }] = await Promise.all([
    import("../api/tracing/create-tracing.ts"),
    import("../api/tracing/tracing-configuration.ts"),
  ]);
  const document = await documentOf("--tracing-config-file", file);
  const configuration = checked("--tracing-config-file", file, () => parseTracingConfiguration(document));
  return createTracing(configuration, clock, log);
}

/** Its keys are in the data dir, or in the file of --encryption-provider-config. */
export async function secretsEncryption(config: ServerConfig, clock: Clock, log: Logger): Promise<SecretsEncryption> {
  const { encryptionProviderConfig: file, secretsEncryption: enabled } = config.api;
  if (file !== "" && enabled) {
    throw new ConfigError("--encryption-provider-config and --secrets-encryption are mutually exclusive");
  }
  const given = file === "" ? undefined : await documentOf("--encryption-provider-config", file);
  const own = join(config.dataDir, "encryption.json");
  const options = { file: own, given, enabled, historyWindow: config.historyWindow * 1000, clock, log };
  try {
    return await SecretsEncryption.create(options);
  } catch (error) {
    throw new ConfigError(`${file === "" ? own : `--encryption-provider-config: ${file}`}: ${messageOf(error)}`);
  }
}

async function documentOf(flag: string, file: string): Promise<unknown> {
  const contents = await fileOf(flag, file);
  const { default: yaml } = await import("yaml");
  return checked(flag, file, () => yaml.parse(contents) as unknown);
}

async function fileOf(flag: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${flag}: cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

function checked<T>(flag: string, file: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new ConfigError(`${flag}: ${file}: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
