import { badRequest } from "../../machinery/status/errors.ts";
import { change, MissingError } from "../pipeline/change.ts";
import { decodeInput } from "../pipeline/decode.ts";
import { cloneJson } from "../serialize/json.ts";
import type { KindHooks } from "./types.ts";

/** PUT namespaces/x/finalize sets spec.finalizers and nothing else; with the last one gone, so is a deleted namespace. */
export const namespaceHooks: KindHooks = {
  subresources: {
    finalize: {
      method: "PUT",
      async run(pipeline, call, body, write) {
        const wanted = decodeInput(call, { object: body }, write.fieldValidation);
        if (wanted.metadata.name !== call.name) {
          throw badRequest(
            `the name of the object (${wanted.metadata.name ?? ""}) does not match the name on the URL (${call.name})`,
          );
        }
        const { finalizers = [] } = (wanted.spec ?? {}) as { finalizers?: string[] };
        const { uid, resourceVersion } = wanted.metadata;
        try {
          return await change(pipeline, call, write, (old) => {
            const object = cloneJson(old);
            object.spec = { ...(object.spec as object | undefined), finalizers: [...finalizers] };
            if (finalizers.length === 0) delete (object.spec as { finalizers?: unknown }).finalizers;
            if (uid) object.metadata.uid = uid;
            if (resourceVersion) object.metadata.resourceVersion = resourceVersion;
            else delete object.metadata.resourceVersion;
            return object;
          });
        } catch (error) {
          throw error instanceof MissingError ? error.status : error;
        }
      },
    },
  },
};
