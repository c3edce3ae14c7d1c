import { fieldForbidden, invalidValue, required } from "../../status/field-errors.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "../../types/networking/v1.ts";
import type { FieldError } from "../types.ts";
import { checkOneOf, checkPort, checkPortNumberOrName, type Errors } from "../validation/checks.ts";
import { checkCidr, isCidr } from "../validation/ip.ts";
import { checkLabelSelector } from "../validation/labels.ts";

export function validateNetworkPolicy({ spec }: NetworkPolicy): FieldError[] {
  const errors: Errors = [];
  checkLabelSelector(errors, "spec.podSelector", spec?.podSelector);
  for (const [i, rule] of (spec?.ingress ?? []).entries()) {
    checkRule(errors, `spec.ingress[${i}]`, rule.ports, rule.from, "from");
  }
  for (const [i, rule] of (spec?.egress ?? []).entries()) {
    checkRule(errors, `spec.egress[${i}]`, rule.ports, rule.to, "to");
  }
  const types = spec?.policyTypes ?? [];
  if (types.length > 2) {
    errors.push(invalidValue("spec.policyTypes", types, "may not specify more than two policyTypes"));
    return errors;
  }
  for (const [i, type] of types.entries()) {
    checkOneOf(errors, `spec.policyTypes[${i}]`, type, ["Egress", "Ingress"]);
  }
  return errors;
}

function checkRule(
  errors: Errors,
  at: string,
  ports: readonly NetworkPolicyPort[] | undefined,
  peers: readonly NetworkPolicyPeer[] | undefined,
  direction: "from" | "to",
): void {
  for (const [i, port] of (ports ?? []).entries()) checkPolicyPort(errors, `${at}.ports[${i}]`, port);
  for (const [i, peer] of (peers ?? []).entries()) checkPeer(errors, `${at}.${direction}[${i}]`, peer);
}

function checkPolicyPort(errors: Errors, at: string, port: NetworkPolicyPort): void {
  checkOneOf(errors, `${at}.protocol`, port.protocol, ["SCTP", "TCP", "UDP"]);
  if (port.port !== undefined) checkPortNumberOrName(errors, `${at}.port`, port.port);
  if (port.endPort === undefined) return;
  if (port.port === undefined)
    errors.push(required(`${at}.endPort`, "must specify `port` when `endPort` is specified"));
  else if (typeof port.port !== "number") {
    errors.push(invalidValue(`${at}.endPort`, port.endPort, "may not be specified when `port` is non-numeric"));
  } else {
    if (port.endPort < port.port) {
      errors.push(invalidValue(`${at}.endPort`, port.port, "must be greater than or equal to `port`"));
    }
    checkPort(errors, `${at}.endPort`, port.endPort);
  }
}

function checkPeer(errors: Errors, at: string, peer: NetworkPolicyPeer): void {
  if (peer.podSelector) checkLabelSelector(errors, `${at}.podSelector`, peer.podSelector);
  if (peer.namespaceSelector) checkLabelSelector(errors, `${at}.namespaceSelector`, peer.namespaceSelector);
  if (peer.ipBlock === undefined) {
    if (!peer.podSelector && !peer.namespaceSelector) errors.push(required(at, "must specify a peer"));
    return;
  }
  if (peer.podSelector || peer.namespaceSelector) {
    errors.push(fieldForbidden(at, "may not specify both ipBlock and another peer"));
  }
  if (!peer.ipBlock.cidr) errors.push(required(`${at}.ipBlock.cidr`));
  else checkCidr(errors, `${at}.ipBlock.cidr`, peer.ipBlock.cidr);
  for (const [i, except] of (peer.ipBlock.except ?? []).entries()) {
    const path = `${at}.ipBlock.except[${i}]`;
    checkCidr(errors, path, except);
    if (isCidr(except) && isCidr(peer.ipBlock.cidr) && !strictlyWithin(except, peer.ipBlock.cidr)) {
      errors.push(invalidValue(path, except, "must be a strict subset of `cidr`"));
    }
  }
}

function strictlyWithin(inner: string, outer: string): boolean {
  const a = bitsOf(inner);
  const b = bitsOf(outer);
  return a.family === b.family && a.bits.length > b.bits.length && a.bits.startsWith(b.bits);
}

/** The network part as a string of binary digits. */
function bitsOf(cidr: string): { family: 4 | 6; bits: string } {
  const [ip = "", prefix = "0"] = cidr.split("/");
  const family = ip.includes(":") ? 6 : 4;
  const groups = family === 4 ? ip.split(".").map((part) => Number(part).toString(2).padStart(8, "0")) : expanded(ip);
  return { family, bits: groups.join("").slice(0, Number(prefix)) };
}

function expanded(ip: string): string[] {
  const [head = "", tail] = ip.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros: string[] = new Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...(tail === undefined ? [] : zeros), ...right].map((group) =>
    Number.parseInt(group, 16).toString(2).padStart(16, "0"),
  );
}
