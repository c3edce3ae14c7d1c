import { reflect } from "../../api/client/reflector.ts";
import { apiVersionOf, type KubeObject } from "../../machinery/meta/object.ts";
import { type StoredKind, storedKinds } from "../stored-kinds.ts";
import type { ControllerContext } from "../types.ts";
import type { Coordinates, DependencyGraph } from "./graph.ts";

/** Nobody depends on an Event, and there are many. */
const ignored: ReadonlySet<string> = new Set(["events/"]);

/**
 * Tells the graph of every object of every kind. Where an informer exists its cache and its watch are shared; the other
 * kinds are watched without keeping any object. Resolves when the graph knows what exists.
 */
export async function monitorAll(
  context: ControllerContext,
  graph: DependencyGraph,
  signal: AbortSignal,
  running: Promise<void>[],
): Promise<void> {
  // Whoever asked for an informer and has not started it yet must not keep the collector waiting.
  context.informers.start();
  const kinds = storedKinds(context.definitions()).filter((kind) => !ignored.has(`${kind.resource}/${kind.group}`));
  await Promise.all(
    kinds.map((kind) => {
      const informer = context.informers.known(kind);
      if (!informer) return watchKind(context, kind, graph, signal, running);
      const at = placeOf(kind);
      informer.addHandler({
        add: (object) => graph.observe(at(object), object.metadata),
        update: (object) => graph.observe(at(object), object.metadata),
        delete: ({ metadata }) => graph.gone(metadata.uid ?? ""),
      });
      return informer.synced();
    }),
  );
}

function watchKind(
  { client, clock, log }: ControllerContext,
  kind: StoredKind,
  graph: DependencyGraph,
  signal: AbortSignal,
  running: Promise<void>[],
): Promise<void> {
  const at = placeOf(kind);
  const apiVersion = apiVersionOf(kind);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    running.push(
      reflect<KubeObject>({
        resource: client.resource<KubeObject>(kind),
        clock,
        log,
        random: Math.random,
        signal,
        sink: {
          replace(items) {
            const uids = new Set<string>();
            for (const object of items) {
              uids.add(object.metadata.uid ?? "");
              graph.observe(at(object), object.metadata);
            }
            graph.retain((place) => place.kind === kind.kind && place.apiVersion === apiVersion, uids);
            resolve();
          },
          event(type, { metadata }) {
            if (type === "DELETED") graph.gone(metadata.uid ?? "");
            else graph.observe(at({ metadata }), metadata);
          },
        },
      }),
    );
  });
}

function placeOf(kind: StoredKind): (object: KubeObject) => Coordinates {
  const apiVersion = apiVersionOf(kind);
  return ({ metadata }) => ({
    apiVersion,
    kind: kind.kind,
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
  });
}
