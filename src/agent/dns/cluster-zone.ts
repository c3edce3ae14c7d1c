/**
 * The cluster's own names, by the Kubernetes DNS specification 1.1.0
 * (https://github.com/kubernetes/dns/blob/master/docs/specification.md), read straight out of the directory.
 */
import type { Service, ServicePort } from "../../machinery/types/core/v1.ts";
import type { ServiceDirectory } from "../net/service-directory.ts";
import { addressRecord, dashed, isAddress, undashed } from "./addresses.ts";
import { EndpointNames, type NamedEndpoint } from "./endpoint-names.ts";
import { type Answer, type ResourceRecord, recordType, responseCode, type SoaRecord } from "./records.ts";

export interface ClusterZoneOptions {
  readonly directory: ServiceDirectory;
  /** "cluster.local" */
  readonly domain: string;
  /** Of the DNS itself: "10.43.0.10". */
  readonly address: string;
  /** Whether a reverse look-up of that address is nobody else's to answer. */
  readonly isClusterAddress: (address: string) => boolean;
}

/** Where a name is only another name for one outside, that has to be looked up too. */
export interface ZoneAnswer extends Answer {
  readonly follow?: string;
}

/** Seconds: a change is seen soon, and a busy client does not ask each time. */
const TTL = 5;
const SPECIFICATION = "1.1.0";

export class ClusterZone {
  readonly #options: ClusterZoneOptions;
  readonly #endpoints: EndpointNames;
  readonly #suffix: string;

  constructor(options: ClusterZoneOptions) {
    this.#options = options;
    this.#endpoints = new EndpointNames(options.directory);
    this.#suffix = `.${options.domain}`;
  }

  /** `name` as asked. Undefined: not a name of the cluster. */
  resolve(name: string, type: number): ZoneAnswer | undefined {
    const { domain, directory } = this.#options;
    const lower = name.toLowerCase();
    if (lower.endsWith(".in-addr.arpa") || lower.endsWith(".ip6.arpa")) return this.#reverse(name, lower, type);
    if (lower !== domain && !lower.endsWith(this.#suffix)) return undefined;
    // What is not known yet must not be remembered as absent.
    if (!directory.isSynced) return { code: responseCode.SERVFAIL, answers: [], authority: [], additional: [] };
    if (lower === domain) return this.#apex(name, type);
    const labels = lower.slice(0, -this.#suffix.length).split(".");
    const kind = labels.pop();
    if (kind === "svc") return this.#inServices(name, labels, type);
    if (kind === "pod") return this.#inPods(name, labels, type);
    if (kind === "dns") return this.#ownNames(name, labels, type);
    if (kind === "dns-version" && labels.length === 0) {
      return this.#found(type, [{ name, ttl: TTL, type: recordType.TXT, text: SPECIFICATION }]);
    }
    return this.#absent();
  }

  #apex(name: string, type: number): ZoneAnswer {
    const { domain, address } = this.#options;
    const target = `ns.dns.${domain}`;
    const answer = this.#found(type, [{ name, ttl: TTL, type: recordType.NS, target }, this.#soa()]);
    return type === recordType.NS ? { ...answer, additional: [addressRecord(target, TTL, address)] } : answer;
  }

  #ownNames(name: string, labels: readonly string[], type: number): ZoneAnswer {
    if (labels.length === 0) return this.#found(type, []);
    if (labels.length > 1 || labels[0] !== "ns") return this.#absent();
    return this.#found(type, [addressRecord(name, TTL, this.#options.address)]);
  }

  /** 10-42-0-5.default.pod.cluster.local: an address in other words, whether or not there is such a pod. */
  #inPods(name: string, labels: readonly string[], type: number): ZoneAnswer {
    if (labels.length < 2) return this.#found(type, []);
    const [host = ""] = labels;
    const address = labels.length === 2 ? undashed(host) : undefined;
    return address === undefined ? this.#absent() : this.#found(type, [addressRecord(name, TTL, address)]);
  }

  #inServices(name: string, labels: string[], type: number): ZoneAnswer {
    const namespace = labels.pop();
    if (namespace === undefined) return this.#found(type, []);
    const serviceName = labels.pop();
    if (serviceName === undefined) return this.#hasServices(namespace) ? this.#found(type, []) : this.#absent();
    const key = `${namespace}/${serviceName}`;
    const service = this.#options.directory.service(key);
    if (!service) return this.#absent();
    const within = `${serviceName}.${namespace}.svc${this.#suffix}`;
    if (labels.length === 0) return this.#ofService(name, key, service, within, type);
    if (service.spec?.type === "ExternalName") return this.#absent();
    const [first = "", second] = labels;
    if (labels.length === 1) {
      if (first === "_tcp" || first === "_udp" || first === "_sctp") return this.#found(type, []);
      const endpoints = this.#endpoints.named(key, first);
      if (endpoints.length === 0) return this.#absent();
      return this.#found(
        type,
        endpoints.map(({ address }) => addressRecord(name, TTL, address)),
      );
    }
    if (labels.length > 2 || !first.startsWith("_") || !second?.startsWith("_")) return this.#absent();
    const port = (service.spec?.ports ?? []).find(
      (one) => one.name === first.slice(1) && (one.protocol ?? "TCP").toLowerCase() === second.slice(1),
    );
    return port ? this.#srv(name, key, service, [port], within, type) : this.#absent();
  }

  #ofService(name: string, key: string, service: Service, within: string, type: number): ZoneAnswer {
    const { spec } = service;
    if (spec?.type === "ExternalName") {
      const target = spec.externalName?.replace(/\.$/, "") ?? "";
      if (target === "" || isAddress(target)) return this.#found(type, []);
      const alias: ResourceRecord = { name, ttl: TTL, type: recordType.CNAME, target };
      const answer = { code: responseCode.NOERROR, answers: [alias], authority: [], additional: [] };
      return type === recordType.CNAME ? answer : { ...answer, follow: target };
    }
    if (type === recordType.SRV) return this.#srv(name, key, service, spec?.ports ?? [], within, type);
    if (isHeadless(service)) {
      const endpoints = this.#endpoints.ready(key);
      if (endpoints.length === 0) return this.#absent();
      const addresses = new Set(endpoints.map(({ address }) => address));
      return this.#found(
        type,
        rotated([...addresses]).map((address) => addressRecord(name, TTL, address)),
      );
    }
    return this.#found(
      type,
      clusterIPs(service).map((address) => addressRecord(name, TTL, address)),
    );
  }

  #srv(
    name: string,
    key: string,
    service: Service,
    ports: readonly ServicePort[],
    within: string,
    type: number,
  ): ZoneAnswer {
    const records: ResourceRecord[] = [];
    const addresses = new Map<string, ResourceRecord>();
    const add = (target: string, port: number, hosts: readonly string[], of: number): void => {
      const weight = Math.max(1, Math.floor(100 / of));
      records.push({ name, ttl: TTL, type: recordType.SRV, priority: 0, weight, port, target });
      for (const address of hosts) addresses.set(`${target} ${address}`, addressRecord(target, TTL, address));
    };
    if (isHeadless(service)) {
      const endpoints = this.#endpoints.ready(key);
      const hits = ports.flatMap((port) => endpoints.flatMap((endpoint) => portOf(endpoint, port)));
      for (const { endpoint, number } of hits) {
        add(`${endpoint.name}.${within}`, number, [endpoint.address], hits.length);
      }
      if (hits.length === 0) return this.#absent();
    } else {
      for (const { port } of ports) add(within, port, clusterIPs(service), ports.length);
    }
    const answer = this.#found(type, records);
    return type === recordType.SRV ? { ...answer, additional: [...addresses.values()] } : answer;
  }

  #reverse(name: string, lower: string, type: number): ZoneAnswer | undefined {
    const address = addressOfReverseName(lower);
    if (address === undefined) return undefined;
    const names = this.#endpoints.namesOf(address);
    if (names.length > 0) {
      const pointers = names.map(
        (one): ResourceRecord => ({ name, ttl: TTL, type: recordType.PTR, target: `${one}.svc${this.#suffix}` }),
      );
      return this.#found(type, pointers);
    }
    return this.#options.isClusterAddress(address) ? this.#absent() : undefined;
  }

  #hasServices(namespace: string): boolean {
    const prefix = `${namespace}/`;
    for (const [key] of this.#options.directory.services()) if (key.startsWith(prefix)) return true;
    return false;
  }

  /** `records`: all there are of the name. Without one of the type asked for, the name is there but not the record. */
  #found(type: number, records: readonly ResourceRecord[]): ZoneAnswer {
    const answers = records.filter((record) => record.type === type);
    const authority = answers.length === 0 ? [this.#soa()] : [];
    return { code: responseCode.NOERROR, answers, authority, additional: [] };
  }

  #absent(): ZoneAnswer {
    return { code: responseCode.NXDOMAIN, answers: [], authority: [this.#soa()], additional: [] };
  }

  #soa(): SoaRecord {
    const { domain, directory } = this.#options;
    return {
      name: domain,
      ttl: TTL,
      type: recordType.SOA,
      primary: `ns.dns.${domain}`,
      mailbox: `hostmaster.${domain}`,
      serial: directory.version,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    };
  }
}

function isHeadless({ spec }: Service): boolean {
  return spec?.clusterIP === "None";
}

function clusterIPs({ spec }: Service): readonly string[] {
  return spec?.clusterIPs ?? (spec?.clusterIP ? [spec.clusterIP] : []);
}

function portOf(endpoint: NamedEndpoint, { name = "", protocol = "TCP" }: ServicePort) {
  const found = endpoint.ports.find((one) => (one.name ?? "") === name && (one.protocol ?? "TCP") === protocol);
  return found?.port === undefined ? [] : [{ endpoint, number: found.port }];
}

/** Clients take the first: let it be another one each time. */
function rotated<T>(values: readonly T[]): T[] {
  const start = Math.floor(Math.random() * values.length);
  return [...values.slice(start), ...values.slice(0, start)];
}

/** "10.43.0.1" of "1.0.43.10.in-addr.arpa"; undefined for what is not a whole address. */
function addressOfReverseName(name: string): string | undefined {
  if (name.endsWith(".ip6.arpa")) {
    const nibbles = name.slice(0, -".ip6.arpa".length).split(".").reverse();
    if (nibbles.length !== 32 || nibbles.some((nibble) => !/^[0-9a-f]$/.test(nibble))) return undefined;
    return undashed((nibbles.join("").match(/.{4}/g) ?? []).join("-"));
  }
  return undashed(dashed(name.slice(0, -".in-addr.arpa".length).split(".").reverse().join(".")));
}
