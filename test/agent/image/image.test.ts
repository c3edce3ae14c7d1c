import { describe, expect, test, vi } from "vitest";
import { pullCredentials } from "../../../src/agent/image/credentials.ts";
import { createImageManager } from "../../../src/agent/image/manager.ts";
import { defaultPullPolicy, parseImage, withDefaultTag } from "../../../src/agent/image/reference.ts";
import { ImagePullError, type ImageStatus, type RegistryAuth } from "../../../src/agent/runtime/types.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Secret } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock } from "../../fake-clock.ts";
import { container, pod } from "../pod/pod-fixture.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["web", { registry: "docker.io", repository: "library/web" }],
  ["web:1", { registry: "docker.io", repository: "library/web", tag: "1" }],
  ["me/web", { registry: "docker.io", repository: "me/web" }],
  ["localhost/web", { registry: "localhost", repository: "web" }],
  ["localhost:5000/a/b:x", { registry: "localhost:5000", repository: "a/b", tag: "x" }],
  [`ghcr.io/a/b@${digest}`, { registry: "ghcr.io", repository: "a/b", digest }],
  [`web:1@${digest}`, { registry: "docker.io", repository: "library/web", tag: "1", digest }],
])("%s", (image, expected) => {
  expect(parseImage(image)).toEqual(expected);
});

test.each(["", "Web:1", "web:", "web@sha256:1", "a//b", "web:1:2", "-a", "web tag"])("%j is no image", (image) => {
  expect(() => parseImage(image)).toThrow(/^couldn't parse image name ".*": invalid reference format/);
});

test("the tag decides the default policy", () => {
  expect(["web", "web:latest", "web:1", `web@${digest}`].map(defaultPullPolicy)).toEqual([
    "Always",
    "Always",
    "IfNotPresent",
    "IfNotPresent",
  ]);
  expect([withDefaultTag("web"), withDefaultTag("web:1")]).toEqual(["web:latest", "web:1"]);
});

const secretOf = (name: string, auths: object): Secret => ({
  metadata: { name },
  type: "kubernetes.io/dockerconfigjson",
  data: { ".dockerconfigjson": btoa(JSON.stringify({ auths })) },
});

test("pull secrets are matched by host and path, the most specific first", () => {
  const secrets = new Map([
    ["one", secretOf("one", { "https://ghcr.io/v1/": { auth: btoa("u:p:q") }, "other.io": { auth: btoa("x:y") } })],
    ["two", secretOf("two", { "ghcr.io/team": { username: "t", password: "s" }, "*.example.org": { username: "w" } })],
    [
      "bad",
      { metadata: { name: "bad" }, type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": btoa("{") } },
    ],
  ]);
  const objects = {
    configMap: () => undefined,
    secret: (_: string, name: string) => secrets.get(name) as Secret | undefined,
  };
  const subject = pod({ imagePullSecrets: ["one", "two", "bad", "absent"].map((name) => ({ name })) });
  const found = (image: string) => pullCredentials(subject, parseImage(image), objects);
  expect(found("ghcr.io/team/web").credentials).toEqual([
    { username: "t", password: "s", serverAddress: "ghcr.io" },
    { username: "u", password: "p:q", serverAddress: "ghcr.io" },
  ]);
  expect(found("ghcr.io/teammate/web").credentials).toHaveLength(1);
  expect(found("cr.example.org/web").credentials).toEqual([{ username: "w", serverAddress: "cr.example.org" }]);
  expect(found("web").credentials).toEqual([]);
  expect(found("web").problems).toEqual(["bad", "absent"]);
});

describe("pulling", () => {
  const there: ImageStatus = { id: "i", repoTags: [], repoDigests: [], sizeBytes: 5, user: "" };
  const setUp = (present: boolean) => {
    const clock = new FakeClock();
    const pullImage = vi.fn<(image: string, auth?: RegistryAuth) => Promise<ImageStatus>>(async () => there);
    const runtime = { imageStatus: async () => (present ? there : undefined), pullImage };
    const objects = { configMap: () => undefined, secret: () => undefined };
    const events: string[] = [];
    const images = createImageManager({ runtime, objects, clock, log: silentLogger });
    const ensure = (image: string, imagePullPolicy: string) =>
      images.ensure(
        pod(),
        { kind: "app", container: container("app", { image, imagePullPolicy }) },
        (_, reason, message) => {
          events.push(`${reason}: ${message}`);
        },
      );
    return { clock, pullImage, ensure, events };
  };

  test("Always pulls what is there, IfNotPresent does not", async () => {
    const { ensure, pullImage, events } = setUp(true);
    await ensure("web:1", "IfNotPresent");
    expect(pullImage).not.toHaveBeenCalled();
    await ensure("web", "Always");
    expect(pullImage).toHaveBeenCalledWith("web:latest", undefined);
    expect(events.slice(1)).toEqual([
      'Pulling: Pulling image "web"',
      'Pulled: Successfully pulled image "web" in 0s (0s including waiting). Image size: 5 bytes.',
    ]);
  });

  test("failures back off from 10 s, twofold, and tell the last error", async () => {
    const { ensure, pullImage, clock } = setUp(false);
    pullImage.mockRejectedValue(new ImagePullError("no such thing"));
    for (const seconds of [10, 20, 40]) {
      await expect(ensure("web:1", "IfNotPresent")).rejects.toMatchObject({
        reason: "ErrImagePull",
        message: "no such thing",
        retryAt: clock.now() + seconds * 1000,
      });
      clock.advance(seconds * 1000 - 1);
      await expect(ensure("web:1", "IfNotPresent")).rejects.toMatchObject({
        reason: "ImagePullBackOff",
        message: 'Back-off pulling image "web:1": ErrImagePull: no such thing',
      });
      clock.advance(1);
    }
    expect(pullImage).toHaveBeenCalledTimes(3);
  });

  test("two that want the same image wait for one pull", async () => {
    const { ensure, pullImage } = setUp(false);
    await Promise.all([ensure("web:1", "IfNotPresent"), ensure("web:1", "IfNotPresent")]);
    expect(pullImage).toHaveBeenCalledTimes(1);
  });
});
