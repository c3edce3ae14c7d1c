import { parseJoinToken } from "../../machinery/bootstrap/join-token.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { ConfigMap, Node } from "../../machinery/types/core/v1.ts";
import { fetchAuthority } from "./authority.ts";
import { JoinError } from "./join-error.ts";
import { type Membership, writeMembership } from "./membership.ts";
import { requestCertificate } from "./request-certificate.ts";
import { RefusedError, ServerApi } from "./server-api.ts";

export interface JoinOptions {
  readonly url: string;
  /** As kl token create prints it. */
  readonly token: string;
  readonly nodeName: string;
  /** DIR/agent */
  readonly directory: string;
  readonly clock: Clock;
  readonly onWaiting?: (requestName: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes this host a node of the cluster: gets to know the server by the token's hash, asks for a certificate and keeps
 * what is needed from then on. Throws JoinError; nothing is kept then.
 */
export async function joinCluster(options: JoinOptions): Promise<Membership> {
  const { url, nodeName, directory, clock, onWaiting, signal } = options;
  const { caHash, bearer } = tokenOf(options.token);
  const ca = await fetchAuthority(url, caHash);
  const api = new ServerApi({ url, ca, credentials: { bearer } });
  try {
    const clusterId = await readClusterId(api);
    await checkNameIsFree(api, nodeName);
    const certificate = await requestCertificate({
      api,
      nodeName,
      clock,
      ...(onWaiting ? { onWaiting } : {}),
      ...(signal ? { signal } : {}),
    });
    const membership = { server: url, clusterId, nodeName, ca, certificate };
    await writeMembership(directory, membership);
    return membership;
  } catch (error) {
    throw explain(error);
  }
}

function tokenOf(text: string): ReturnType<typeof parseJoinToken> {
  try {
    return parseJoinToken(text);
  } catch (error) {
    throw new JoinError((error as Error).message);
  }
}

/** What the server keeps in kube-system/kl-config for those who join. */
async function readClusterId(api: ServerApi): Promise<string> {
  const { data } = await api.json<ConfigMap>("GET", "/api/v1/namespaces/kube-system/configmaps/kl-config");
  const id = data?.clusterID;
  if (id) return id;
  throw new JoinError("the ConfigMap kl-config in kube-system is not whole: restart kl server, which writes it");
}

/** Two machines under one name would fight over it: as kubeadm, a node that is there and works is not taken over. */
async function checkNameIsFree(api: ServerApi, nodeName: string): Promise<void> {
  const node = await api.json<Node>("GET", `/api/v1/nodes/${encodeURIComponent(nodeName)}`).catch((error: unknown) => {
    if (error instanceof RefusedError && error.code === 404) return undefined;
    throw error;
  });
  if (node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True")) {
    throw new JoinError(
      `a node ${nodeName} is in the cluster already and Ready: choose another name with --node-name, or kubectl delete node ${nodeName} if that machine is gone`,
    );
  }
}

/** What the server's refusals mean for somebody who joins. */
function explain(error: unknown): unknown {
  if (!(error instanceof RefusedError)) return error;
  if (error.code === 401) {
    return new JoinError(
      "the server does not take the token (any more): make a new one there with kl token create --print-join-command",
      { cause: error },
    );
  }
  if (error.code === 403) {
    return new JoinError(`the token may not be used to join: ${error.message}`, { cause: error });
  }
  return new JoinError(`the server answered ${error.code}: ${error.message}`, { cause: error });
}
