/** Who is let in by what: static tokens, front proxies, OpenID providers, nobody; and what reviews say of them. */
import { createHash, X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAuthenticationConfiguration } from "../../../src/api/authn/authentication-configuration.ts";
import { parseTokenFile } from "../../../src/api/authn/static-tokens.ts";
import {
  createCertificateAuthority,
  issueCertificate,
  type KeyPair,
} from "../../../src/server/pki/certificate-authority.ts";
import { type Fixture, startApi } from "../fixture.ts";

const docs = "https://kubernetes.io/docs/reference/access-authn-authz/authentication/";
const selfReview = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

let api: Fixture;
let provider: Server;
let issuer: string;
let key: Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];
let otherKey: typeof key;
let proxy: KeyPair;
let strangeProxy: KeyPair;

beforeAll(async () => {
  const now = Date.now();
  const authority = await createCertificateAuthority("proxies", 1, now);
  const proxyFor = (commonName: string): Promise<KeyPair> =>
    issueCertificate(authority, { commonName, organizations: ["system:masters"], usage: "client", days: 1 }, now);
  [proxy, strangeProxy] = await Promise.all([proxyFor("front-proxy-client"), proxyFor("somebody")]);
  const serving = await issueCertificate(
    authority,
    { commonName: "issuer", usage: "server", names: ["127.0.0.1"], days: 1 },
    now,
  );
  const pair = await generateKeyPair("RS256");
  key = pair.privateKey;
  otherKey = (await generateKeyPair("RS256")).privateKey;
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: "one", alg: "RS256" }];
  provider = createServer({ key: serving.key, cert: serving.cert }, (request, response) => {
    const document = request.url?.endsWith("/keys") ? { keys } : { issuer, jwks_uri: `${issuer}/keys` };
    response.setHeader("content-type", "application/json").end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  issuer = `https://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const { oidc, anonymous } = parseAuthenticationConfiguration({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AuthenticationConfiguration",
    anonymous: { enabled: true, conditions: [{ path: "/api" }] },
    jwt: [
      {
        issuer: {
          url: issuer,
          audiences: ["kl", "other"],
          audienceMatchPolicy: "MatchAny",
          certificateAuthority: authority.cert,
        },
        claimMappings: {
          username: { claim: "sub", prefix: "oidc:" },
          groups: { claim: "roles", prefix: "oidc:" },
          uid: { claim: "oid" },
        },
        claimValidationRules: [{ claim: "hd", requiredValue: "example.com" }],
      },
    ],
  });
  api = await startApi({
    authentication: {
      oidc,
      ...(anonymous ? { anonymous } : {}),
      staticTokens: parseTokenFile('s3cret,alice,u-1,"dev,ops"\n# nobody\nplain,bob,u-2\n'),
      requestHeader: {
        clientCa: authority.cert,
        allowedNames: ["front-proxy-client"],
        usernameHeaders: ["X-Remote-User"],
        uidHeaders: ["X-Remote-Uid"],
        groupHeaders: ["X-Remote-Group"],
        extraHeaderPrefixes: ["X-Remote-Extra-"],
      },
    },
  });
});

afterAll(async () => {
  await api.close();
  await new Promise((resolve) => provider.close(resolve));
});

async function whoIs(headers: Readonly<Record<string, string>>, identity: KeyPair | null = null): Promise<unknown> {
  const { code, body } = await api.ask("POST", selfReview, {
    headers,
    identity,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
  });
  return code === 201 ? body.status.userInfo : code;
}

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

function idToken(claims: JWTPayload, signedBy = key): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    iss: issuer,
    aud: "kl",
    sub: "carol",
    oid: "id-7",
    hd: "example.com",
    exp: now + 60,
    iat: now,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(signedBy);
}

describe("client certificates", () => {
  test("name the user, the groups, and themselves", async () => {
    expect(await whoIs({}, api.certificates.admin)).toEqual({
      username: "kubernetes-admin",
      groups: ["system:masters", "system:authenticated"],
      extra: {
        "authentication.kubernetes.io/credential-id": [
          `X509SHA256=${createHash("sha256").update(new X509Certificate(api.certificates.admin.cert).raw).digest("hex")}`,
        ],
      },
    });
  });
});

describe("static tokens", () => {
  test.each([
    ["s3cret", { username: "alice", uid: "u-1", groups: ["dev", "ops", "system:authenticated"] }],
    ["plain", { username: "bob", uid: "u-2", groups: ["system:authenticated"] }],
    ["wrong", 401],
    ["", 401],
  ])(`token "%s" (see ${docs}#static-token-file)`, async (token, expected) => {
    expect(await whoIs(bearer(token))).toEqual(expected);
  });

  test.each([
    ["one,two", "line 1: expected at least 3 columns (token, user name, user uid), found 2"],
    [",alice,u-1", "line 1: the token is empty"],
  ])(`the file "%s" is refused (see ${docs}#static-token-file)`, (text, message) => {
    expect(() => parseTokenFile(text)).toThrow(message);
  });

  test(`TokenReview knows them (see ${docs}#webhook-token-authentication)`, async () => {
    const { body } = await api.post("/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token: "s3cret" },
    });
    expect(body.status).toEqual({
      authenticated: true,
      user: { username: "alice", uid: "u-1", groups: ["dev", "ops", "system:authenticated"] },
      audiences: ["https://kubernetes.default.svc.cluster.local"],
    });
  });
});

describe("front proxies", () => {
  const remote = {
    "x-remote-user": "dave",
    "x-remote-uid": "u-9",
    "x-remote-group": "dev, ops",
    "x-remote-extra-example.com%2fscope": "a,b",
  };
  test(`the user is whom the proxy names (see ${docs}#authenticating-proxy)`, async () => {
    expect(await whoIs(remote, proxy)).toEqual({
      username: "dave",
      uid: "u-9",
      groups: ["dev", "ops", "system:authenticated"],
      extra: { "example.com/scope": ["a", "b"] },
    });
  });
  test.each(["a proxy that is not on the list", "nobody"])(
    `%s cannot name users (see ${docs}#authenticating-proxy)`,
    async (who) => {
      expect(await whoIs(remote, who === "nobody" ? null : strangeProxy)).toBe(401);
    },
  );
  test(`a client of the cluster's own authority stays who it is (see ${docs}#authenticating-proxy)`, async () => {
    expect(await whoIs(remote, api.certificates.admin)).toMatchObject({ username: "kubernetes-admin" });
  });
  test(`a proxy is nobody by itself, whatever its certificate says (see ${docs}#authenticating-proxy)`, async () => {
    expect(await whoIs({}, proxy)).toBe(401);
  });
});

describe("OpenID tokens", () => {
  test(`the claims make the user (see ${docs}#openid-connect-tokens)`, async () => {
    const token = await idToken({ roles: ["dev"], jti: "j-1" });
    const user = {
      username: "oidc:carol",
      uid: "id-7",
      groups: ["oidc:dev", "system:authenticated"],
      extra: { "authentication.kubernetes.io/credential-id": ["JTI=j-1"] },
    };
    expect(await whoIs(bearer(token))).toEqual(user);
    expect(await whoIs(bearer(token))).toEqual(user);
    const { body } = await api.post("/apis/authentication.k8s.io/v1/tokenreviews", {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token },
    });
    expect(body.status).toMatchObject({ authenticated: true, user });
  });

  const old = Math.floor(Date.now() / 1000) - 3600;
  const refused: [string, JWTPayload][] = [
    ["another audience", { aud: "elsewhere" }],
    ["its time is over", { exp: old, iat: old - 60 }],
    ["another issuer", { iss: "https://example.com" }],
    ["no subject", { sub: "" }],
    ["a required claim is another one", { hd: "example.org" }],
    ["groups are no texts", { roles: [{ name: "dev" }] }],
  ];
  test.each(refused)(`a token is refused: %s (see ${docs}#openid-connect-tokens)`, async (_why, claims) => {
    expect(await whoIs(bearer(await idToken(claims)))).toBe(401);
  });
  test(`a token is refused: another key (see ${docs}#openid-connect-tokens)`, async () => {
    expect(await whoIs(bearer(await idToken({}, otherKey)))).toBe(401);
  });
  test(`a token is refused: unsigned (see ${docs}#openid-connect-tokens)`, async () => {
    const [, body = ""] = (await idToken({})).split(".");
    const head = Buffer.from('{"alg":"none"}').toString("base64url");
    expect(await whoIs(bearer(`${head}.${body}.`))).toBe(401);
  });
});

describe("the AuthenticationConfiguration", () => {
  const url = "https://issuer.example.com";
  const good = { issuer: { url, audiences: ["a"] }, claimMappings: { username: { claim: "sub", prefix: "" } } };
  const cases: [string, unknown, string][] = [
    ["an http issuer", { ...good, issuer: { url: "http://x", audiences: ["a"] } }, "jwt[0].issuer.url"],
    ["no audience", { ...good, issuer: { url } }, "jwt[0].issuer.audiences"],
    ["no prefix", { ...good, claimMappings: { username: { claim: "sub" } } }, "jwt[0].claimMappings.username.prefix"],
    ["an expression", { ...good, claimMappings: { username: { expression: "claims.sub" } } }, "CEL expressions"],
    ["rules for users", { ...good, userValidationRules: [{ expression: "true" }] }, "CEL expressions"],
  ];
  test.each(cases)(`%s is refused (see ${docs}#using-authentication-configuration)`, (_what, jwt, message) => {
    const document = { apiVersion: "apiserver.config.k8s.io/v1", kind: "AuthenticationConfiguration", jwt: [jwt] };
    expect(() => parseAuthenticationConfiguration(document)).toThrow(message);
  });
});

describe("anonymous requests", () => {
  test(`pass where the conditions say so, and may then what nobody may (see ${docs}#anonymous-requests)`, async () => {
    const { code, body } = await api.ask("GET", "/api", { identity: null });
    expect([code, body.message]).toEqual([403, 'forbidden: User "system:anonymous" cannot get path "/api"']);
  });
  test.each(["/apis", "/api/v1/pods"])(`do not pass elsewhere: %s (see ${docs}#anonymous-requests)`, async (path) => {
    const { code, body } = await api.ask("GET", path, { identity: null });
    expect([code, body.reason, body.message]).toEqual([401, "Unauthorized", "Unauthorized"]);
  });
  test(`a token that is not good is not nobody's (see ${docs}#anonymous-requests)`, async () => {
    expect((await api.ask("GET", "/api", { identity: null, headers: bearer("wrong") })).code).toBe(401);
  });
});

describe("impersonation", () => {
  test(`user, groups, uid and extra (see ${docs}#user-impersonation)`, async () => {
    const headers = {
      "impersonate-user": "erin",
      "impersonate-group": "dev",
      "impersonate-uid": "u-5",
      "impersonate-extra-acme.com%2Fproject": "some",
    };
    expect(await whoIs(headers, api.certificates.admin)).toEqual({
      username: "erin",
      uid: "u-5",
      groups: ["dev", "system:authenticated"],
      extra: { "acme.com/project": ["some"] },
    });
  });
  test.each([
    [
      "users",
      { "impersonate-user": "erin" },
      'users "erin" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    ],
  ])(`takes the right to: %s (see ${docs}#user-impersonation)`, async (_what, headers, message) => {
    const { code, body } = await api.ask("GET", "/api/v1/pods", {
      identity: null,
      headers: { ...bearer("plain"), ...headers },
    });
    expect([code, body.message]).toEqual([403, message]);
  });
});
