import { describe, expect, it } from "vitest";
import {
  type BootstrapToken,
  isBootstrapGroup,
  parseBootstrapToken,
  readTokenSecret,
  tokenLifeLeft,
  tokenSecret,
} from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import { formatJoinToken, hashOfAuthority, parseJoinToken } from "../../../src/machinery/bootstrap/join-token.ts";
import { testCertificates } from "../../api/certificates.ts";

const token: BootstrapToken = {
  id: "abcdef",
  secret: "0123456789abcdef",
  description: "für den Keller",
  expiration: "2026-01-02T03:04:05Z",
  usages: ["authentication", "signing"],
  groups: ["system:bootstrappers:a", "system:bootstrappers:b"],
};

describe("bootstrap tokens", () => {
  it("are kept in a Secret as kubeadm keeps them", () => {
    const secret = tokenSecret(token);
    expect(secret.metadata).toEqual({ name: "bootstrap-token-abcdef", namespace: "kube-system" });
    expect(secret.type).toBe("bootstrap.kubernetes.io/token");
    const texts = Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, "base64").toString()]);
    expect(Object.fromEntries(texts)).toEqual({
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      description: "für den Keller",
      expiration: "2026-01-02T03:04:05Z",
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
      "auth-extra-groups": "system:bootstrappers:a,system:bootstrappers:b",
    });
    expect(readTokenSecret(secret)).toEqual(token);
  });

  it("are none under another name, namespace or type", () => {
    const secret = tokenSecret(token);
    const { metadata } = secret;
    expect(readTokenSecret({ ...secret, metadata: { ...metadata, name: "bootstrap-token-xxxxxx" } })).toBeUndefined();
    expect(readTokenSecret({ ...secret, metadata: { ...metadata, namespace: "default" } })).toBeUndefined();
    expect(readTokenSecret({ ...secret, type: "Opaque" })).toBeUndefined();
  });

  it.each([
    ["2026-01-02T03:04:05Z", 5000],
    ["2026-01-02T04:04:05+01:00", 5000],
    ["2026-01-02T03:03:59Z", -1000],
    ["tomorrow", 0],
    ["2027", 0],
    [undefined, undefined],
  ])("end at %s", (expiration, left) => {
    expect(tokenLifeLeft({ expiration }, Date.parse("2026-01-02T03:04:00Z"))).toBe(left);
  });

  it.each(["", "abcdef", "abcdef.0123456789abcde", "ABCDEF.0123456789abcdef", "abcdef.0123456789abcdef\n"])(
    "are not %j",
    (text) => expect(parseBootstrapToken(text)).toBeUndefined(),
  );

  it("give groups of theirs only", () => {
    expect(isBootstrapGroup("system:bootstrappers:kubeadm:default-node-token")).toBe(true);
    for (const group of ["system:masters", "system:bootstrappers", "system:bootstrappers:", "system:bootstrappers:A"]) {
      expect(isBootstrapGroup(group)).toBe(false);
    }
  });
});

describe("join tokens", () => {
  it("hold the CA's hash and the bootstrap token", async () => {
    const { authority } = await testCertificates();
    const text = formatJoinToken(authority.cert, token);
    expect(text).toMatch(/^kl[0-9a-f]{64}\.abcdef\.0123456789abcdef$/);
    expect(parseJoinToken(`${text}\n`)).toEqual({
      caHash: hashOfAuthority(authority.cert),
      bearer: "abcdef.0123456789abcdef",
    });
  });

  const whole = `kl${"0".repeat(64)}.abcdef.0123456789abcdef`;
  it.each([
    ["", "the token is empty"],
    ["abcdef.0123456789abcdef", "does not say which server it is for"],
    [whole.slice(0, -1), "the token is not whole (89 characters, not 90)"],
    [whole.slice(2), "the token is not whole"],
    [whole.toUpperCase(), "the token is not whole"],
    [`${whole}x`, "the token is not whole (91 characters, not 90)"],
    [`${whole} ${whole}`, "the token is not whole"],
  ])("that are damaged are told in one line: %j", (text, message) => {
    let told = "";
    try {
      parseJoinToken(text);
    } catch (error) {
      told = (error as Error).message;
    }
    expect(told).toContain(message);
    expect(told).not.toContain("\n");
    expect(told).not.toContain("0123456789abcde");
  });
});
