import { ageSince } from "../../machinery/kinds/human-duration.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Event } from "../../machinery/types/core/v1.ts";
import type { Cluster } from "../cluster.ts";
import type { Sheet } from "./sheet.ts";

/** Events about the object, the oldest first. */
export async function describeEvents(sheet: Sheet, object: KubeObject, cluster: Cluster, now: number): Promise<void> {
  const { name, namespace, uid } = object.metadata;
  const { items } = await cluster.client.json<{ items: Event[] }>({
    path: `/api/v1/namespaces/${namespace ?? "default"}/events`,
    query: {
      fieldSelector: [
        `involvedObject.name=${name}`,
        ...(namespace ? [`involvedObject.namespace=${namespace}`] : []),
        // A Node's events carry its name where others carry the uid.
        ...(uid && object.kind !== "Node" ? [`involvedObject.uid=${uid}`] : [`involvedObject.kind=${object.kind}`]),
      ].join(","),
      limit: 500,
    },
  });
  if (items.length === 0) {
    sheet.line("Events:", "<none>");
    return;
  }
  const last = (event: Event): string =>
    event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp ?? "";
  items.sort((a, b) => (last(a) < last(b) ? -1 : Number(last(a) > last(b))));
  sheet.section("Events", () => {
    sheet.line("Type", "Reason", "Age", "From", "Message");
    sheet.line("----", "------", "----", "----", "-------");
    for (const event of items) {
      const first = event.firstTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
      const age = ageSince(last(event), now);
      const times = (event.count ?? 0) > 1 ? `${age} (x${event.count} over ${ageSince(first, now)})` : age;
      const from = event.source?.component ?? event.reportingComponent ?? "";
      sheet.line(event.type ?? "", event.reason ?? "", times, from, (event.message ?? "").trim());
    }
  });
}
