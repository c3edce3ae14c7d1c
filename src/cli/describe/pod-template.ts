/** Containers, as they stand in pods and in pod templates. */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from "../../machinery/types/core/v1.ts";
import { describeEnvironment } from "./environment.ts";
import { pairs, type Sheet } from "./sheet.ts";
import { describeVolumes } from "./volumes.ts";

export function describeTemplate(sheet: Sheet, template: PodTemplateSpec | undefined): void {
  sheet.section("Pod Template", () => {
    sheet.list("Labels", pairs(template?.metadata?.labels));
    const annotations = pairs(template?.metadata?.annotations, ": ");
    if (annotations.length > 0) sheet.list("Annotations", annotations);
    const spec = template?.spec;
    if (!spec) return;
    if (spec.serviceAccountName) sheet.field("Service Account", spec.serviceAccountName);
    describeContainers(sheet, "Init Containers", spec.initContainers, []);
    describeContainers(sheet, "Containers", spec.containers, []);
    describeVolumes(sheet, spec.volumes);
    describePlacement(sheet, spec);
  });
}

export function describePlacement(sheet: Sheet, spec: PodSpec): void {
  sheet.list("Node-Selectors", pairs(spec.nodeSelector));
  const tolerations = (spec.tolerations ?? []).map(({ key, operator, value, effect, tolerationSeconds }) =>
    [
      key ?? "",
      operator === "Exists" ? "" : `=${value ?? ""}`,
      effect ? `:${effect}` : "",
      operator === "Exists" ? " op=Exists" : "",
      tolerationSeconds === undefined ? "" : ` for ${tolerationSeconds}s`,
    ].join(""),
  );
  sheet.list("Tolerations", tolerations.sort());
}

export function describeContainers(
  sheet: Sheet,
  title: string,
  containers: readonly Container[] | undefined,
  statuses: readonly ContainerStatus[],
  pod?: Pod,
): void {
  if (!containers || containers.length === 0) return;
  sheet.section(title, () => {
    for (const container of containers) {
      sheet.entry(container.name, () => {
        const status = statuses.find(({ name }) => name === container.name);
        if (status) sheet.line("Container ID:", status.containerID ?? "");
        sheet.line("Image:", container.image ?? "");
        if (status) sheet.line("Image ID:", status.imageID);
        describePorts(sheet, container);
        for (const [name, words] of [
          ["Command", container.command],
          ["Args", container.args],
        ] as const) {
          if (words && words.length > 0) {
            sheet.section(name, () => {
              for (const word of words) for (const line of word.split("\n")) sheet.line(line);
            });
          }
        }
        if (status) {
          describeState(sheet, "State", status.state);
          if (status.lastState && Object.keys(status.lastState).length > 0)
            describeState(sheet, "Last State", status.lastState);
          sheet.line("Ready:", status.ready ? "True" : "False");
          sheet.line("Restart Count:", String(status.restartCount));
        }
        for (const [name, amounts] of [
          ["Limits", container.resources?.limits],
          ["Requests", container.resources?.requests],
        ] as const) {
          if (amounts && Object.keys(amounts).length > 0) {
            sheet.section(name, () => {
              for (const [resource, amount] of Object.entries(amounts).sort()) sheet.line(`${resource}:`, amount);
            });
          }
        }
        for (const [name, probe] of [
          ["Liveness", container.livenessProbe],
          ["Readiness", container.readinessProbe],
          ["Startup", container.startupProbe],
        ] as const) {
          if (probe) sheet.line(`${name}:`, probeText(probe));
        }
        describeEnvironment(sheet, container, pod);
        const mounts = (container.volumeMounts ?? []).map(
          ({ mountPath, name, readOnly, subPath }) =>
            `${mountPath} from ${name} (${readOnly ? "ro" : "rw"}${subPath ? `,path="${subPath}"` : ""})`,
        );
        if (mounts.length === 0) sheet.line("Mounts:", "<none>");
        else {
          sheet.section("Mounts", () => {
            for (const mount of mounts.sort()) sheet.line(mount);
          });
        }
      });
    }
  });
}

function describePorts(sheet: Sheet, container: Container): void {
  const ports = container.ports ?? [];
  const plural = ports.length > 1 ? "s" : "";
  const shown = ports.map(
    ({ containerPort, protocol, name }) => `${containerPort}/${protocol ?? "TCP"}${name ? ` (${name})` : ""}`,
  );
  const host = ports.map(
    ({ hostPort, protocol, name }) => `${hostPort ?? 0}/${protocol ?? "TCP"}${name ? ` (${name})` : ""}`,
  );
  sheet.line(`Port${plural}:`, shown.join(", ") || "<none>");
  sheet.line(`Host Port${plural}:`, host.join(", ") || "<none>");
}

function describeState(sheet: Sheet, title: string, state: ContainerState | undefined): void {
  if (state?.running) {
    sheet.line(`${title}:`, "Running");
    sheet.indented(() => sheet.line("Started:", state.running?.startedAt ?? ""));
  } else if (state?.terminated) {
    const { reason, message, exitCode, signal, startedAt, finishedAt } = state.terminated;
    sheet.line(`${title}:`, "Terminated");
    sheet.indented(() => {
      if (reason) sheet.line("Reason:", reason);
      if (message) sheet.line("Message:", message);
      sheet.line("Exit Code:", String(exitCode));
      if (signal) sheet.line("Signal:", String(signal));
      sheet.line("Started:", startedAt ?? "");
      sheet.line("Finished:", finishedAt ?? "");
    });
  } else {
    sheet.line(`${title}:`, "Waiting");
    const reason = state?.waiting?.reason;
    if (reason) sheet.indented(() => sheet.line("Reason:", reason));
  }
}

function probeText(probe: Probe): string {
  const timing = `delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s #success=${probe.successThreshold ?? 1} #failure=${probe.failureThreshold ?? 3}`;
  const { exec, httpGet, tcpSocket, grpc } = probe;
  if (exec) return `exec [${(exec.command ?? []).join(" ")}] ${timing}`;
  if (httpGet) {
    const path = (httpGet.path ?? "").startsWith("/") ? httpGet.path : `/${httpGet.path ?? ""}`;
    return `http-get ${(httpGet.scheme ?? "HTTP").toLowerCase()}://${httpGet.host ?? ""}:${httpGet.port}${path} ${timing}`;
  }
  if (tcpSocket) return `tcp-socket ${tcpSocket.host ?? ""}:${tcpSocket.port} ${timing}`;
  if (grpc) return `grpc <pod>:${grpc.port} ${grpc.service ?? ""} ${timing}`;
  return `unknown ${timing}`;
}
