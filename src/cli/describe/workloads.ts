import { formatLabelSelector } from "../../machinery/kinds/labels-format.ts";
import { controllerOf } from "../../machinery/meta/object.ts";
import type { Deployment, ReplicaSet } from "../../machinery/types/apps/v1.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { describeTemplate } from "./pod-template.ts";
import { annotationLines, pairs } from "./sheet.ts";
import type { Describer } from "./types.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";

export const describeDeployment: Describer<Deployment> = async (sheet, deployment, { cluster }) => {
  const { metadata, spec, status } = deployment;
  sheet.line("Name:", metadata.name ?? "");
  sheet.line("Namespace:", metadata.namespace ?? "");
  sheet.line("CreationTimestamp:", metadata.creationTimestamp ?? "");
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", annotationLines(metadata.annotations));
  sheet.line("Selector:", formatLabelSelector(spec?.selector));
  sheet.line(
    "Replicas:",
    `${spec?.replicas ?? 1} desired | ${status?.updatedReplicas ?? 0} updated | ${status?.replicas ?? 0} total | ${status?.availableReplicas ?? 0} available | ${status?.unavailableReplicas ?? 0} unavailable`,
  );
  sheet.line("StrategyType:", spec?.strategy?.type ?? "");
  sheet.line("MinReadySeconds:", String(spec?.minReadySeconds ?? 0));
  const rolling = spec?.strategy?.rollingUpdate;
  if (rolling)
    sheet.line("RollingUpdateStrategy:", `${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  describeTemplate(sheet, spec?.template);
  if (status?.conditions?.length) {
    sheet.section("Conditions", () => {
      sheet.line("Type", "Status", "Reason");
      sheet.line("----", "------", "------");
      for (const { type, status: state, reason } of status.conditions ?? []) sheet.line(type, state, reason ?? "");
    });
  }
  const { items } = await cluster.client.json<{ items: ReplicaSet[] }>({
    path: `/apis/apps/v1/namespaces/${metadata.namespace}/replicasets`,
  });
  const own = items.filter((replicaSet) => controllerOf(replicaSet)?.uid === metadata.uid);
  const isNew = (replicaSet: ReplicaSet): boolean =>
    replicaSet.metadata.annotations?.[revisionAnnotation] === metadata.annotations?.[revisionAnnotation];
  const text = (replicaSets: readonly ReplicaSet[]): string =>
    replicaSets
      .map(
        (replicaSet) =>
          `${replicaSet.metadata.name} (${replicaSet.status?.replicas ?? 0}/${replicaSet.spec?.replicas ?? 0} replicas created)`,
      )
      .join(", ") || "<none>";
  sheet.line("OldReplicaSets:", text(own.filter((replicaSet) => !isNew(replicaSet))));
  sheet.line("NewReplicaSet:", text(own.filter(isNew)));
};

export const describeReplicaSet: Describer<ReplicaSet> = async (sheet, replicaSet, { cluster }) => {
  const { metadata, spec, status } = replicaSet;
  sheet.line("Name:", metadata.name ?? "");
  sheet.line("Namespace:", metadata.namespace ?? "");
  sheet.line("Selector:", formatLabelSelector(spec?.selector));
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", annotationLines(metadata.annotations));
  const owner = controllerOf(replicaSet);
  if (owner) sheet.line("Controlled By:", `${owner.kind}/${owner.name}`);
  sheet.line("Replicas:", `${status?.replicas ?? 0} current / ${spec?.replicas ?? 1} desired`);
  const { items } = await cluster.client.json<{ items: Pod[] }>({
    path: `/api/v1/namespaces/${metadata.namespace}/pods`,
    query: { labelSelector: formatLabelSelector(spec?.selector) },
  });
  const count = (phase: string): number => items.filter((pod) => (pod.status?.phase ?? "Pending") === phase).length;
  sheet.line(
    "Pods Status:",
    `${count("Running")} Running / ${count("Pending")} Waiting / ${count("Succeeded")} Succeeded / ${count("Failed")} Failed`,
  );
  describeTemplate(sheet, spec?.template);
};
