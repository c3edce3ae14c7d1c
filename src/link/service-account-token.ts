import type { PodRef, ServiceAccountToken, ServiceAccountTokenRequest } from "../../proto/agent.ts";
import type { Client } from "../api/client/types.ts";
import type { TokenRequest } from "../machinery/types/authentication/v1.ts";
import type { ServiceAccount } from "../machinery/types/core/v1.ts";
import * as resources from "./resources.ts";

/** Bound to the pod: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens */
export async function requestToken(
  client: Client,
  { namespace, name, uid }: PodRef,
  { serviceAccount, audience, expirationSeconds }: ServiceAccountTokenRequest,
): Promise<ServiceAccountToken> {
  const request: TokenRequest = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: {},
    spec: {
      audiences: audience === undefined ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { kind: "Pod", apiVersion: "v1", name, uid },
    },
  };
  const accounts = client.resource<ServiceAccount>(resources.serviceAccounts, namespace);
  const answer = await accounts.createSubresource<TokenRequest, TokenRequest>(serviceAccount, "token", request);
  const { token = "", expirationTimestamp = "" } = answer.status ?? {};
  return { token, expirationTimestamp };
}
