import type { AgentLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { TokenAuthenticator } from "../authn/bearer-tokens.ts";
import { tokenRequest } from "../authn/tokens/token-request.ts";
import type { TokenSigner } from "../authn/tokens/token-signer.ts";
import type { ClusterAuthorizer } from "../authz/authorizer.ts";
import { escalationHooks } from "../authz/rbac/escalation.ts";
import { apiServiceHooks } from "./api-services.ts";
import { type ComponentChecks, componentStatusHooks } from "./component-statuses.ts";
import { metricsHooks } from "./metrics.ts";
import { namespaceHooks } from "./namespaces.ts";
import { bindingHooks, podHooks } from "./pods.ts";
import { reviewHooks } from "./reviews.ts";
import type { ServiceAllocators } from "./services/allocators.ts";
import { ipAddressHooks, serviceCidrHooks } from "./services/range-hooks.ts";
import { serviceHooks } from "./services/service-hooks.ts";
import { signingRequestHooks } from "./signing-requests.ts";
import type { KindHooks } from "./types.ts";

/** The built-in kinds that need more than their strategy, by "plural.group". */
export interface KindParts {
  readonly services: ServiceAllocators;
  readonly authorizer: ClusterAuthorizer;
  readonly signer: TokenSigner;
  readonly tokens: TokenAuthenticator;
  readonly clock: Clock;
  readonly agentOf: (nodeName: string) => AgentLink | undefined;
  /** Why a component of the control plane does not work; undefined where it does. By component. */
  readonly components: ComponentChecks;
}

export function kindHooks({
  services,
  authorizer,
  signer,
  tokens,
  clock,
  agentOf,
  components,
}: KindParts): ReadonlyMap<string, KindHooks> {
  const answersWithObject: KindHooks = { returnsDeletedObject: true };
  return new Map<string, KindHooks>([
    ["namespaces.", namespaceHooks],
    ["pods.", podHooks],
    ["bindings.", bindingHooks],
    ["services.", serviceHooks(services)],
    ["servicecidrs.networking.k8s.io", serviceCidrHooks(services.addresses)],
    ["ipaddresses.networking.k8s.io", ipAddressHooks(services.addresses)],
    ["podtemplates.", answersWithObject],
    ["persistentvolumes.", answersWithObject],
    ["persistentvolumeclaims.", answersWithObject],
    ["serviceaccounts.", { ...answersWithObject, subresources: { token: tokenRequest(signer) } }],
    ["resourcequotas.", answersWithObject],
    ["storageclasses.storage.k8s.io", answersWithObject],
    ["volumeattachments.storage.k8s.io", answersWithObject],
    ["csidrivers.storage.k8s.io", answersWithObject],
    ["csinodes.storage.k8s.io", answersWithObject],
    ["certificatesigningrequests.certificates.k8s.io", signingRequestHooks],
    ["apiservices.apiregistration.k8s.io", apiServiceHooks(clock)],
    ["componentstatuses.", componentStatusHooks(components)],
    ...metricsHooks(agentOf),
    ...escalationHooks(authorizer.rbac, authorizer.policy),
    ...reviewHooks(authorizer, tokens),
  ]);
}
