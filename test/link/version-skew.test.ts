import { describe, expect, it } from "vitest";
import { refusedVersion } from "../../src/link/version-skew.ts";
import { klVersion } from "../../src/machinery/version.ts";

const version = (kl: string) => `v1.36.0+kl${kl}`;

describe("the versions of server and agent", () => {
  it.each(["0.4.0", "0.4.9", "0.3.0", "0.5.2", "0.5.0-rc.1"])("work together: 0.4.0 with %s", (agent) => {
    expect(refusedVersion(version("0.4.0"), version(agent))).toBeUndefined();
  });

  it("knows the version that this kl itself has", () => {
    expect(refusedVersion(klVersion, klVersion)).toBeUndefined();
  });

  it("do not look at the Kubernetes version in front", () => {
    expect(refusedVersion("v1.36.0+kl0.4.0", "v1.35.2+kl0.3.1")).toBeUndefined();
  });

  it.each(["0.2.9", "0.0.1"])("refuses the older agent %s", (agent) => {
    expect(refusedVersion(version("0.4.1"), version(agent))).toBe(
      `the agent's version ${agent} is too old for the server's 0.4.1: install kl 0.4.1 on this host`,
    );
  });

  it("refuses a newer agent and says whose turn it is", () => {
    expect(refusedVersion(version("0.4.1"), version("0.6.0"))).toBe(
      "the agent's version 0.6.0 is too new for the server's 0.4.1: upgrade the server first",
    );
  });

  it("refuses another major version whatever its minor", () => {
    expect(refusedVersion(version("1.0.0"), version("0.9.0"))).toContain("is too old");
    expect(refusedVersion(version("0.9.0"), version("1.0.0"))).toContain("is too new");
  });

  it.each(["", "v1.36.0", "0.4.0", "v1.36.0+k3s1", "v1.36.0+kl0.4", "v1.36.0+kl0.4.0\nx"])("refuses %j", (agent) => {
    expect(refusedVersion(version("0.4.0"), agent)).toContain("which is none of kl");
  });
});
