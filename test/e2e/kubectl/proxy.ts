/** https://kubernetes.io/docs/reference/kubectl/generated/kubectl_proxy/ */
import { spawn } from "node:child_process";
import { expect } from "vitest";
import { until } from "../until.ts";
import type { Tour } from "./tour.ts";

/** Reads through `kubectl proxy`, watches through it, and is refused what it refuses. */
export async function throughProxy({ binary, kubeconfig, namespace, folder }: Tour): Promise<void> {
  const child = spawn(binary, ["proxy", "--port=0", "--api-prefix=/k"], {
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: kubeconfig },
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk;
    });
    await until(
      async () => said,
      (text) => text.endsWith("\n"),
    );
    const [, origin] = /^Starting to serve on (127\.0\.0\.1:\d+)\n$/.exec(said) ?? [];
    const ask = (path: string, init?: RequestInit) => fetch(`http://${origin}${path}`, init);
    expect(await (await ask("/k/version")).json()).toMatchObject({ major: "1", minor: "36" });
    expect((await ask("/version")).status).toBe(404);
    const maps = `/k/api/v1/namespaces/${namespace}/configmaps`;
    expect((await ask("/k/api/v1/namespaces/default/pods/nope/exec")).status).toBe(403);

    const watch = await ask(`${maps}?watch=true&timeoutSeconds=20&fieldSelector=metadata.name=proxied`);
    const events = watch.body?.pipeThrough(new TextDecoderStream()).getReader();
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ metadata: { name: "proxied" } });
    expect((await ask(maps, { method: "POST", headers, body })).status).toBe(201);
    // It comes while the watch is open.
    expect(JSON.parse((await events?.read())?.value ?? "")).toMatchObject({
      type: "ADDED",
      object: { metadata: { name: "proxied", namespace } },
    });
    await events?.cancel();
    expect((await ask(`${maps}/proxied`, { method: "DELETE" })).status).toBe(200);
  } finally {
    child.kill();
  }
}
