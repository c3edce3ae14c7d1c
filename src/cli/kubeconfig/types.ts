/** A kubeconfig as it stands in the file: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export interface Kubeconfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster?: ClusterEntry }[] | null;
  readonly users?: readonly { readonly name: string; readonly user?: UserEntry }[] | null;
  readonly contexts?: readonly { readonly name: string; readonly context?: ContextEntry }[] | null;
  readonly "current-context"?: string;
  readonly [other: string]: unknown;
}

export interface ClusterEntry {
  readonly server?: string;
  readonly "certificate-authority"?: string;
  readonly "certificate-authority-data"?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
}

export interface UserEntry {
  readonly "client-certificate"?: string;
  readonly "client-certificate-data"?: string;
  readonly "client-key"?: string;
  readonly "client-key-data"?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  /** Credential plugins, which kl does not run. */
  readonly exec?: { readonly command?: string };
  readonly "auth-provider"?: { readonly name?: string };
  readonly extensions?: readonly { readonly name?: string; readonly extension?: LocalEntry }[] | null;
}

/** What kl tells itself of the server that runs on this machine: a socket on which one is that user. */
export interface LocalEntry {
  readonly server?: unknown;
  readonly socket?: unknown;
}

export interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

/** Everything needed to talk to one cluster. */
export interface Connection {
  /** Without a slash at the end. */
  readonly server: string;
  readonly ca?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly token?: string;
  readonly skipVerify: boolean;
  /** A Unix socket of the same server for the same user, where there may be one. */
  readonly socket?: string;
  readonly serverName?: string;
  /** Sent with every request, for impersonation. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Milliseconds that a request may take; absent: without end. */
  readonly timeout?: number;
  /** Of the context; "default" where it names none. */
  readonly namespace: string;
}
