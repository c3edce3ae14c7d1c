/** The smaller kinds, and those that nobody wrote a page for. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type { ConfigMap, Endpoints, Namespace, Secret, Service } from "../../machinery/types/core/v1.ts";
import { pairs, type Sheet } from "./sheet.ts";
import type { DescribeContext, Describer } from "./types.ts";

function head(sheet: Sheet, { metadata }: UnstructuredObject | ConfigMap | Secret | Service | Namespace): void {
  sheet.line("Name:", metadata.name ?? "");
  if (metadata.namespace) sheet.line("Namespace:", metadata.namespace);
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", pairs(metadata.annotations, ": "));
}

export const describeService: Describer<Service> = async (sheet, service, context) => {
  const { spec, status, metadata } = service;
  head(sheet, service);
  sheet.line("Selector:", pairs(spec?.selector).join(",") || "<none>");
  sheet.line("Type:", spec?.type ?? "");
  sheet.line("IP Family Policy:", spec?.ipFamilyPolicy ?? "<none>");
  sheet.line("IP Families:", spec?.ipFamilies?.join(",") ?? "<none>");
  sheet.line("IP:", spec?.clusterIP ?? "");
  sheet.line("IPs:", spec?.clusterIPs?.join(",") ?? "<none>");
  if (spec?.externalIPs?.length) sheet.line("External IPs:", spec.externalIPs.join(","));
  if (spec?.externalName) sheet.line("External Name:", spec.externalName);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0)
    sheet.line("LoadBalancer Ingress:", ingress.map(({ ip, hostname }) => ip ?? hostname ?? "").join(", "));
  const endpoints = await endpointsOf(context, metadata.namespace ?? "", metadata.name ?? "");
  for (const port of spec?.ports ?? []) {
    const name = port.name ?? "<unset>";
    sheet.line("Port:", name, `${port.port}/${port.protocol ?? "TCP"}`);
    sheet.line("TargetPort:", `${port.targetPort ?? port.port}/${port.protocol ?? "TCP"}`);
    if (port.nodePort) sheet.line("NodePort:", name, `${port.nodePort}/${port.protocol ?? "TCP"}`);
    sheet.line("Endpoints:", endpointText(endpoints, port.name));
  }
  sheet.line("Session Affinity:", spec?.sessionAffinity ?? "");
  if (spec?.internalTrafficPolicy) sheet.line("Internal Traffic Policy:", spec.internalTrafficPolicy);
};

async function endpointsOf(
  { cluster }: DescribeContext,
  namespace: string,
  name: string,
): Promise<Endpoints | undefined> {
  try {
    return await cluster.client.json<Endpoints>({ path: `/api/v1/namespaces/${namespace}/endpoints/${name}` });
  } catch (error) {
    if (error instanceof StatusError && error.code === 404) return undefined;
    throw error;
  }
}

function endpointText(endpoints: Endpoints | undefined, portName: string | undefined): string {
  const all = (endpoints?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) =>
    ports
      .filter((port) => (port.name ?? "") === (portName ?? ""))
      .flatMap((port) => addresses.map(({ ip }) => `${ip}:${port.port}`)),
  );
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

export const describeConfigMap: Describer<ConfigMap> = (sheet, configMap) => {
  head(sheet, configMap);
  sheet.line("").line("Data").line("====");
  for (const [key, value] of Object.entries(configMap.data ?? {}).sort()) {
    sheet.line(`${key}:`).line("----");
    for (const line of value.split("\n")) sheet.line(line);
    sheet.line("");
  }
  sheet.line("").line("BinaryData").line("====");
  for (const [key, value] of Object.entries(configMap.binaryData ?? {}).sort()) {
    sheet.line(`${key}: ${Buffer.from(value, "base64").length} bytes`);
  }
  sheet.line("");
};

export const describeSecret: Describer<Secret> = (sheet, secret) => {
  head(sheet, secret);
  sheet
    .line("")
    .line(`Type:  ${secret.type ?? ""}`)
    .line("")
    .line("Data")
    .line("====");
  for (const [key, value] of Object.entries(secret.data ?? {}).sort()) {
    sheet.line(`${key}:`, `${Buffer.from(value, "base64").length} bytes`);
  }
};

export const describeNamespace: Describer<Namespace> = (sheet, namespace) => {
  head(sheet, namespace);
  sheet.line("Status:", namespace.status?.phase ?? "");
  sheet.line("").line("No resource quota.").line("").line("No LimitRange resource.");
};

/** Every field, its name in words. */
export const describeAnything: Describer = (sheet, object) => {
  head(sheet, object);
  sheet.line("API Version:", object.apiVersion ?? "");
  sheet.line("Kind:", object.kind ?? "");
  const { name: _n, namespace: _s, labels: _l, annotations: _a, managedFields: _m, ...metadata } = object.metadata;
  const { apiVersion: _v, kind: _k, metadata: _meta, ...rest } = object;
  describeFields(sheet, { metadata, ...rest });
};

function describeFields(sheet: Sheet, fields: object): void {
  for (const [key, value] of Object.entries(fields).sort()) {
    const title = key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/^./, (first) => first.toUpperCase());
    if (Array.isArray(value)) {
      sheet.section(title, () => {
        for (const item of value) {
          if (typeof item === "object" && item !== null) describeFields(sheet, item as object);
          else sheet.line(String(item));
        }
      });
    } else if (typeof value === "object" && value !== null) {
      sheet.section(title, () => describeFields(sheet, value as object));
    } else {
      sheet.line(`${title}:`, String(value));
    }
  }
}
