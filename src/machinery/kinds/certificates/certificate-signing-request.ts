import type { CertificateSigningRequest } from "../../types/certificates/v1.ts";
import { strategyFor } from "../strategy-for.ts";
import { keepApproval, stampConditions } from "./conditions.ts";
import { validateChange, validateRequest } from "./validation.ts";

/**
 * What was asked for cannot change: a new request is made instead. Who may change what of the status is parted in two:
 * whoever approves adds conditions, whoever signs adds the certificate (pkg/registry/certificates/certificates).
 */
export const signingRequestStrategy = strategyFor<CertificateSigningRequest>({
  hasGeneration: false,
  nameRule: "path-segment",
  prepareForCreate(request) {
    request.status = {};
  },
  prepareForUpdate(request, old) {
    request.spec = old.spec;
  },
  prepareForStatusUpdate(request, old, now) {
    keepApproval(request, old);
    stampConditions(request, old, now);
  },
  validate: validateRequest,
  validateUpdate: (request, old) => validateChange(request, old, {}),
  validateStatusUpdate: (request, old) => validateChange(request, old, { certificate: true }),
  partialUpdates: {
    approval: {
      restrict(request, old) {
        request.spec = old.spec;
        const { certificate } = old.status ?? {};
        request.status = {
          ...(request.status?.conditions ? { conditions: request.status.conditions } : {}),
          ...(certificate === undefined ? {} : { certificate }),
        };
      },
      prepare: stampConditions,
      validate: (request, old) => validateChange(request, old, { approval: true }),
    },
  },
});
