import type { CertificateSigningRequest } from "../../machinery/types/certificates/v1.ts";
import type { KindHooks } from "./types.ts";

/** Who asks for a certificate is what the server knows of the user, whatever the request says. */
export const signingRequestHooks: KindHooks = {
  beginCreate({ user }, object) {
    const { spec } = object as unknown as CertificateSigningRequest;
    if (spec === undefined) return undefined;
    const { name, groups, uid, extra } = user;
    spec.username = name;
    spec.groups = [...groups];
    if (uid) spec.uid = uid;
    else delete spec.uid;
    if (extra) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]));
    else delete spec.extra;
    return undefined;
  },
};
