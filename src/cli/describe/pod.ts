import { controllerOf } from "../../machinery/meta/object.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { describeContainers, describePlacement } from "./pod-template.ts";
import { annotationLines, pairs } from "./sheet.ts";
import type { Describer } from "./types.ts";
import { describeVolumes } from "./volumes.ts";

export const describePod: Describer<Pod> = (sheet, pod) => {
  const { metadata, spec, status } = pod;
  sheet.line("Name:", metadata.name ?? "");
  sheet.line("Namespace:", metadata.namespace ?? "");
  sheet.line("Priority:", String(spec?.priority ?? 0));
  if (spec?.priorityClassName) sheet.line("Priority Class Name:", spec.priorityClassName);
  sheet.line("Service Account:", spec?.serviceAccountName ?? "");
  sheet.line("Node:", spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ""}` : "<none>");
  if (status?.startTime) sheet.line("Start Time:", status.startTime);
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", annotationLines(metadata.annotations));
  if (metadata.deletionTimestamp) {
    sheet.line("Status:", `Terminating (since ${metadata.deletionTimestamp})`);
    sheet.line("Termination Grace Period:", `${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else {
    sheet.line("Status:", status?.phase ?? "");
  }
  if (status?.reason) sheet.line("Reason:", status.reason);
  if (status?.message) sheet.line("Message:", status.message);
  sheet.line("IP:", status?.podIP ?? "");
  if (status?.podIPs?.length) {
    sheet.section("IPs", () => {
      for (const { ip } of status.podIPs ?? []) sheet.line("IP:", ip ?? "");
    });
  } else sheet.line("IPs:", "<none>");
  const owner = controllerOf(pod);
  if (owner) sheet.line("Controlled By:", `${owner.kind}/${owner.name}`);
  describeContainers(sheet, "Init Containers", spec?.initContainers, status?.initContainerStatuses ?? [], pod);
  describeContainers(sheet, "Containers", spec?.containers, status?.containerStatuses ?? [], pod);
  if (status?.conditions?.length) {
    sheet.section("Conditions", () => {
      sheet.line("Type", "Status");
      // kubectl has a space behind both.
      for (const condition of status.conditions ?? []) sheet.line(`${condition.type} `, `${condition.status} `);
    });
  }
  describeVolumes(sheet, spec?.volumes);
  sheet.line("QoS Class:", status?.qosClass ?? "");
  if (spec) describePlacement(sheet, spec);
};
