/** Settings of the API server, under kube-apiserver's names. */
import { count, duration, list, type Setting, text, toggle } from "./setting.ts";

function file(flag: string, description: string): Setting<string> {
  return text(flag, "FILE", description, () => "");
}

const most = 1_000_000;

export const apiSettings = {
  maxRequestsInflight: count("max-requests-inflight", "requests that read at once (default: 400)", 400, most),
  maxMutatingRequestsInflight: count(
    "max-mutating-requests-inflight",
    "requests that write at once; both together are the seats of priority levels (default: 200)",
    200,
    most,
  ),
  requestTimeout: duration("request-timeout", "how long a request may take", 60_000),
  enableAdmissionPlugins: list(
    "enable-admission-plugins",
    "NAMES",
    "admission plugins to have (all are on already)",
    [],
  ),
  disableAdmissionPlugins: list("disable-admission-plugins", "NAMES", "admission plugins to do without", []),
  anonymousAuth: toggle("anonymous-auth", "let requests without credentials in as system:anonymous", false),
  tokenAuthFile: file("token-auth-file", 'CSV of static tokens: token,user,uid,"group1,group2"'),
  authenticationConfig: file("authentication-config", "AuthenticationConfiguration: OIDC issuers, anonymous requests"),
  oidcIssuerUrl: text("oidc-issuer-url", "URL", "OpenID issuer whose ID tokens are good here", () => ""),
  oidcClientId: text("oidc-client-id", "ID", "the client that ID tokens are for", () => ""),
  oidcUsernameClaim: text("oidc-username-claim", "CLAIM", "claim that names the user (default: sub)", () => "sub"),
  oidcUsernamePrefix: text(
    "oidc-username-prefix",
    "PREFIX",
    "before user names (default: the issuer and # unless the claim is email; - for none)",
    () => "",
  ),
  oidcGroupsClaim: text("oidc-groups-claim", "CLAIM", "claim that holds the groups", () => ""),
  oidcGroupsPrefix: text("oidc-groups-prefix", "PREFIX", "before names of groups", () => ""),
  oidcRequiredClaim: list("oidc-required-claim", "KEY=VALUE", "claims that ID tokens must have", []),
  oidcSigningAlgs: list("oidc-signing-algs", "ALGS", "how ID tokens may be signed", ["RS256"]),
  oidcCaFile: file("oidc-ca-file", "authority of the issuer's certificate (default: the system's)"),
  requestheaderClientCaFile: file("requestheader-client-ca-file", "authority of front proxies' client certificates"),
  requestheaderAllowedNames: list("requestheader-allowed-names", "NAMES", "common names of front proxies", []),
  requestheaderUsernameHeaders: list("requestheader-username-headers", "HEADERS", "headers with the user", [
    "X-Remote-User",
  ]),
  requestheaderUidHeaders: list("requestheader-uid-headers", "HEADERS", "headers with the user's UID", []),
  requestheaderGroupHeaders: list("requestheader-group-headers", "HEADERS", "headers with the groups", [
    "X-Remote-Group",
  ]),
  requestheaderExtraHeadersPrefix: list("requestheader-extra-headers-prefix", "PREFIXES", "of headers with more", [
    "X-Remote-Extra-",
  ]),
  auditPolicyFile: file("audit-policy-file", "what the audit log is told"),
  auditLogPath: text("audit-log-path", "FILE", "the audit log; - for standard output", () => ""),
  auditLogMaxsize: count("audit-log-maxsize", "MB after which the audit log is rotated (default: 100)", 0, most),
  auditLogMaxbackup: count("audit-log-maxbackup", "rotated audit logs to keep (default: all)", 0, most),
  auditLogMaxage: count("audit-log-maxage", "days to keep rotated audit logs (default: for ever)", 0, most),
  tracingConfigFile: file("tracing-config-file", "TracingConfiguration: which requests are traced, and who is told"),
  encryptionProviderConfig: file(
    "encryption-provider-config",
    "EncryptionConfiguration: what is encrypted in the store",
  ),
  secretsEncryption: toggle("secrets-encryption", "encrypt Secrets in the store with a key in the data dir", false),
  profiling: toggle("profiling", "serve /debug/pprof to who may see it (--no-profiling: not at all)", true),
} satisfies Readonly<Record<string, Setting<unknown>>>;

type Settings = typeof apiSettings;
export type ApiFlags = { readonly [K in keyof Settings]: ReturnType<Settings[K]["default"]> };
