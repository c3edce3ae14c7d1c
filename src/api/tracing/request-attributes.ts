import { sourceIps } from "../audit/auditor.ts";
import type { Attributes } from "../authz/types.ts";
import type { Exchange } from "../http/exchange.ts";
import type { SpanAttributes } from "./types.ts";

/** Low in number, whatever names are: "GET /api/v1/namespaces/{:namespace}/pods/{:name}"; the method alone for other paths. */
export function spanName(method: string, attributes: Attributes): string {
  const { group, version, resource, subresource, namespace, name } = attributes;
  if (resource === undefined) return method;
  const parts = [
    group ? `/apis/${group}/${version}` : `/api/${version}`,
    ...(namespace ? ["namespaces/{:namespace}"] : []),
    resource,
    ...(name ? ["{:name}"] : []),
    ...(subresource ? [subresource] : []),
  ];
  return `${method} ${parts.join("/")}`;
}

/** Of the request's own span, in OpenTelemetry's words: https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
export function serverAttributes(exchange: Exchange): SpanAttributes {
  const { method, url, headers, connection } = exchange;
  const [path = ""] = url.split("?", 1);
  const host = String(headers[":authority"] ?? headers.host ?? "");
  const [, name = host, port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const client = clientOf(exchange);
  return {
    "http.request.method": method,
    "http.target": url,
    "url.scheme": "https",
    "url.path": path,
    "network.protocol.version": isHttp2(exchange) ? "2" : "1.1",
    "network.peer.address": connection.remoteAddress ?? "",
    "network.peer.port": connection.remotePort ?? 0,
    ...(name === "" ? {} : { "server.address": name }),
    ...(port === "" ? {} : { "server.port": Number(port) }),
    ...(client === "" ? {} : { "client.address": client }),
    ...(headers["user-agent"] ? { "user_agent.original": headers["user-agent"] } : {}),
    "audit-id": auditIdOf(exchange),
  };
}

/** Of what a verb does, in kube-apiserver's words. */
export function verbAttributes(exchange: Exchange, attributes: Attributes): SpanAttributes {
  const { method, headers } = exchange;
  const { path, group = "", version = "", resource = "", subresource = "", namespace = "", name = "" } = attributes;
  return {
    accept: headers.accept ?? "",
    "api-group": group,
    "api-version": version,
    client: clientOf(exchange),
    name,
    namespace,
    protocol: isHttp2(exchange) ? "HTTP/2.0" : "HTTP/1.1",
    resource,
    scope: scopeOf(namespace, name),
    subresource,
    url: path,
    "user-agent": headers["user-agent"] ?? "",
    verb: method,
    "audit-id": auditIdOf(exchange),
  };
}

/** kube-apiserver cuts off what is longer. */
const auditIdLimit = 64;

function auditIdOf({ auditId }: Exchange): string {
  return auditId.slice(0, auditIdLimit);
}

function scopeOf(namespace: string, name: string): string {
  if (name !== "") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}

function clientOf({ headers, connection }: Exchange): string {
  return sourceIps(headers, connection.remoteAddress)[0] ?? "";
}

function isHttp2({ connection }: Exchange): boolean {
  return connection.alpnProtocol === "h2";
}
