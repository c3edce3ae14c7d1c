import type { CertificateSigningRequest, CertificateSigningRequestCondition } from "../../types/certificates/v1.ts";

/** The conditions of one type, with where they stand. */
export function conditionsOf(
  { status }: CertificateSigningRequest,
  type: string,
): [number, CertificateSigningRequestCondition][] {
  return [...(status?.conditions ?? []).entries()].filter(([, condition]) => condition.type === type);
}

/** A status update that brings as many Approved and Denied conditions as there are leaves these as they are. */
export function keepApproval(request: CertificateSigningRequest, old: CertificateSigningRequest): void {
  for (const type of ["Approved", "Denied"]) {
    const before = conditionsOf(old, type);
    const now = conditionsOf(request, type);
    if (before.length !== now.length) continue;
    for (const [index, [at]] of now.entries()) {
      const kept = before[index]?.[1];
      if (kept && request.status?.conditions) request.status.conditions[at] = { ...kept };
    }
  }
}

/** `now` in ms since the epoch. What the client says of times stays. */
export function stampConditions(request: CertificateSigningRequest, old: CertificateSigningRequest, now: number): void {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ??= time;
    condition.lastTransitionTime ??=
      conditionsOf(old, condition.type).find(
        ([, { status, lastTransitionTime }]) => status === condition.status && lastTransitionTime,
      )?.[1].lastTransitionTime ?? time;
  }
}
