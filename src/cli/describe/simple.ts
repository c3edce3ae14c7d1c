/** The smaller kinds, and those that nobody wrote a page for. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ConfigMap, Namespace, Secret, Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { annotationLines, pairs, type Sheet } from "./sheet.ts";
import type { DescribeContext, Describer } from "./types.ts";

export function describeHead(sheet: Sheet, { metadata }: KubeObject): void {
  sheet.line("Name:", metadata.name ?? "");
  if (metadata.namespace) sheet.line("Namespace:", metadata.namespace);
  sheet.list("Labels", pairs(metadata.labels));
  sheet.list("Annotations", annotationLines(metadata.annotations));
}

export const describeService: Describer<Service> = async (sheet, service, context) => {
  const { spec, status, metadata } = service;
  describeHead(sheet, service);
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
    sheet.line("Endpoints:", endpointText(endpoints, port.name) || "<none>");
  }
  sheet.line("Session Affinity:", spec?.sessionAffinity ?? "");
  if (spec?.internalTrafficPolicy) sheet.line("Internal Traffic Policy:", spec.internalTrafficPolicy);
};

async function endpointsOf({ cluster }: DescribeContext, namespace: string, name: string): Promise<EndpointSlice[]> {
  const { items } = await cluster.client.json<{ items: EndpointSlice[] }>({
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    query: { labelSelector: `kubernetes.io/service-name=${name}` },
  });
  return items;
}

function endpointText(slices: readonly EndpointSlice[], portName: string | undefined): string {
  const all = slices.flatMap(({ endpoints = [], ports = [] }) =>
    ports
      .filter((port) => (port.name ?? "") === (portName ?? ""))
      .flatMap(({ port }) =>
        endpoints
          .filter(({ conditions }) => conditions?.ready !== false)
          .flatMap(({ addresses }) => addresses.map((address) => `${address}:${port}`)),
      ),
  );
  const shown = all.slice(0, 3).join(",");
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

export const describeConfigMap: Describer<ConfigMap> = (sheet, configMap) => {
  describeHead(sheet, configMap);
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
  describeHead(sheet, secret);
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
  describeHead(sheet, namespace);
  sheet.line("Status:", namespace.status?.phase ?? "");
  sheet.line("").line("No resource quota.").line("").line("No LimitRange resource.");
};

/** Every field, its name in words. */
export const describeAnything: Describer = (sheet, object) => {
  describeHead(sheet, object);
  sheet.line("API Version:", object.apiVersion ?? "");
  sheet.line("Kind:", object.kind ?? "");
  const { name: _n, namespace: _s, labels: _l, annotations: _a, managedFields: _m, ...metadata } = object.metadata;
  const { apiVersion: _v, kind: _k, metadata: _meta, ...rest } = object;
  describeFields(sheet, { metadata, ...rest });
};

function describeFields(sheet: Sheet, fields: object): void {
  for (const [key, value] of Object.entries(fields).sort()) {
    const title = titleOf(key);
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

const acronyms: ReadonlySet<string> = new Set(["Api", "Url", "Uid", "Osb", "Guid"]);

/** "ownerUid" is "Owner UID". */
function titleOf(key: string): string {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(" ")
    .map((word) => `${word[0]?.toUpperCase() ?? ""}${word.slice(1)}`)
    .map((word) => (acronyms.has(word) ? word.toUpperCase() : word))
    .join(" ");
}
