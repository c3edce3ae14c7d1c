import {
  bootstrapTokenNamespace,
  bootstrapTokenType,
  readTokenSecret,
  tokenLifeLeft,
} from "../../machinery/bootstrap/bootstrap-token.ts";
import type { Secret } from "../../machinery/types/core/v1.ts";
import { isConflict, isNotFound, QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";

const secrets = { group: "", version: "v1", resource: "secrets" };

/** Takes bootstrap tokens away when they have expired (pkg/controller/bootstrap/tokencleaner.go). */
export const tokenCleaner: ControllerFactory = ({ client, informers, clock, log }) => {
  const informer = informers.informer<Secret>(secrets);
  const controller = new QueuedController({ name: "tokencleaner", clock, log, workers: 1, reconcile });
  const consider = ({ type, metadata }: Secret): void => {
    if (type !== bootstrapTokenType || metadata.namespace !== bootstrapTokenNamespace) return;
    controller.queue.add(metadata.name ?? "");
  };
  informer.addHandler({ add: consider, update: consider });
  return controller;

  async function reconcile(name: string): Promise<void> {
    const secret = informer.lister.get(`${bootstrapTokenNamespace}/${name}`);
    const token = secret && readTokenSecret(secret);
    const left = token && tokenLifeLeft(token, clock.now());
    if (secret === undefined || left === undefined) return;
    if (left > 0) {
      controller.queue.addAfter(name, left);
      return;
    }
    const { uid } = secret.metadata;
    try {
      await client
        .resource<Secret>(secrets, bootstrapTokenNamespace)
        .delete(name, uid === undefined ? {} : { preconditions: { uid } });
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
};
