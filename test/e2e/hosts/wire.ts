/**
 * What joins the hosts: a bridge in a network namespace of its own, so that no rule of this machine sees what passes. The test
 * is on it too, as a client from outside. Cables can be pulled, and packets lost.
 */
import { execFileSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";

export class Wire {
  /** A range for measurements between networks (RFC 2544), which nobody routes. */
  readonly #prefix = `198.18.${randomInt(1, 255)}`;
  readonly #namespace = `kl-wire-${randomBytes(3).toString("hex")}`;
  readonly #ownPort = `klw${randomBytes(4).toString("hex")}`;

  constructor() {
    ip("netns", "add", this.#namespace);
    this.#inside("ip", "link", "add", "wire", "type", "bridge");
    this.#inside("sh", "-c", "echo 0 >/proc/sys/net/bridge/bridge-nf-call-iptables");
    this.#inside("ip", "link", "set", "wire", "up");
    ip("link", "add", this.#ownPort, "type", "veth", "peer", "name", "outside", "netns", this.#namespace);
    ip("addr", "add", `${this.outsideAddress}/24`, "dev", this.#ownPort);
    ip("link", "set", this.#ownPort, "up");
    this.#inside("ip", "link", "set", "outside", "master", "wire", "up");
  }

  /** Of the test itself. */
  get outsideAddress(): string {
    return `${this.#prefix}.254`;
  }

  /** Gives the host whose first process is `pid` its eth0. `index`: 1 to 250. Returns its address. */
  connect(index: number, pid: number): string {
    const address = `${this.#prefix}.${index}`;
    this.#inside("ip", "link", "add", port(index), "type", "veth", "peer", "name", "eth0", "netns", String(pid));
    this.#inside("ip", "link", "set", port(index), "master", "wire", "up");
    const within = (...args: string[]) => execFileSync("nsenter", ["--target", String(pid), "--net", "ip", ...args]);
    within("addr", "add", `${address}/24`, "dev", "eth0");
    within("link", "set", "eth0", "up");
    within("route", "add", "default", "via", this.outsideAddress);
    return address;
  }

  pullCable(index: number): void {
    this.#inside("ip", "link", "set", port(index), "down");
  }

  plugCable(index: number): void {
    this.#inside("ip", "link", "set", port(index), "up");
  }

  /** Loses this share of all packets from each host to each other. 0 mends it. */
  lose(percent: number): void {
    const rule = percent >= 100 ? "drop" : percent > 0 ? `numgen random mod 100 < ${percent} drop` : "";
    this.#filter("loss", [rule]);
  }

  /** Lets nothing pass between two hosts, and tells neither. Each still reaches all others. */
  part(one: number, other: number): void {
    const pairs = [
      [one, other],
      [other, one],
    ];
    const rules = pairs.map(([from, to]) => `iifname "port${from}" oifname "port${to}" drop`);
    this.#filter("partition", rules);
  }

  unite(): void {
    this.#filter("partition", []);
  }

  destroy(): void {
    ip("netns", "del", this.#namespace);
  }

  /** What is dropped of all that passes, by a table of its own. */
  #filter(name: string, rules: readonly string[]): void {
    const table = `table bridge ${name}`;
    const chain = `chain forward { type filter hook forward priority 0; policy accept;\n ${rules.join("\n ")}\n }`;
    const text = `add ${table}\ndelete ${table}\n${table} {\n ${chain}\n}\n`;
    execFileSync("ip", ["netns", "exec", this.#namespace, "nft", "-f", "-"], { input: text });
  }

  #inside(...command: string[]): void {
    ip("netns", "exec", this.#namespace, ...command);
  }
}

const port = (index: number): string => `port${index}`;

function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] });
}
