/** Exec, Attach, PortForward, Cp, Log, Watch and Metrics of @kubernetes/client-node, with real containers. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { finished } from "node:stream/promises";
import * as k8s from "@kubernetes/client-node";
import { WebSocketHandler } from "@kubernetes/client-node/dist/web-socket-handler.js";
import { expect, it } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { type NodeCluster, podOf, shell } from "./node-cluster.ts";
import { until } from "./until.ts";

const name = "library";
const namespace = "default";
const container = "c0";

export function clientLibraryPods(): Pod[] {
  const echo = "mkdir -p /tmp/www/cgi-bin; printf '#!/bin/sh\\necho; cat' > /tmp/www/cgi-bin/echo";
  const web = `${echo}; chmod +x /tmp/www/cgi-bin/echo; httpd -p 8080 -h /tmp/www`;
  const answers = 'while read line; do echo "got $line"; echo "bad $line" >&2; done';
  return [
    podOf(name, [{ command: shell(`${web}; echo ready`) }]),
    podOf(
      "library-logged",
      [{ command: ["sh", "-c", "echo begin; until test -e /tmp/go; do sleep 0.1; done; echo end"] }],
      {
        restartPolicy: "Never",
      },
    ),
    podOf("library-attached", [{ stdin: true, command: ["sh", "-c", answers] }]),
    podOf("library-terminal", [{ stdin: true, tty: true, command: ["sh"] }]),
  ];
}

/** What a stream of the library has been given so far. */
function sink(shape: object = {}): { readonly stream: PassThrough; said(): string } {
  const stream = Object.assign(new PassThrough(), shape);
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  return { stream, said: () => text };
}

/** Tells how each command ended, and waits for what it wrote. */
class WatchedExec extends k8s.Exec {
  ended: Promise<k8s.V1Status> = Promise.reject(new Error("nothing was run"));
  constructor(config: k8s.KubeConfig, protocol?: string) {
    // The oldest that tells an exit code, or the newest that both sides know.
    const connect = (uri: string, protocols: string[], options: ClientOptions) =>
      new WebSocket(uri, protocol === undefined ? protocols : [protocol], options);
    super(config, new WebSocketHandler(config, connect as ConstructorParameters<typeof WebSocketHandler>[1]));
    this.ended.catch(() => undefined);
  }
  override exec(...args: Parameters<k8s.Exec["exec"]>): ReturnType<k8s.Exec["exec"]> {
    const [, , , , stdout, , , , tell] = args;
    this.ended = new Promise((resolve, reject) => {
      args[8] = (status) => {
        const written = stdout ? finished(stdout as Writable, { readable: stdout instanceof PassThrough }) : undefined;
        Promise.all([written, tell?.(status)]).then(() => resolve(status), reject);
      };
    });
    return super.exec(...args);
  }
}

export function clientLibraryTests(cluster: NodeCluster): void {
  const { pods } = cluster;
  const configOf = (): k8s.KubeConfig => {
    const config = new k8s.KubeConfig();
    config.loadFromFile(cluster.server.kubeconfig);
    return config;
  };

  async function run(command: string[], stdin: Readable | null = null, protocol?: string) {
    await pods.ready(name);
    const exec = new WatchedExec(configOf(), protocol);
    const [out, err] = [sink(), sink()];
    await exec.exec(namespace, name, container, command, out.stream, err.stream, stdin, false);
    const status = await exec.ended;
    return { status, out: out.said(), err: err.said() };
  }

  it.concurrent("Exec keeps the streams apart, ends stdin alone, and tells the exit code", async () => {
    const stdin = new PassThrough();
    stdin.end("one\ntwo\n");
    const done = await run(["sh", "-c", "cat; echo problem >&2"], stdin);
    expect(done).toEqual({ status: { metadata: {}, status: "Success" }, out: "one\ntwo\n", err: "problem\n" });
    for (const protocol of ["v5.channel.k8s.io", "v4.channel.k8s.io"]) {
      expect((await run(["sh", "-c", "exit 7"], null, protocol)).status).toEqual({
        metadata: {},
        status: "Failure",
        message: "command terminated with non-zero exit code: exit status 7",
        reason: "NonZeroExitCode",
        details: { causes: [{ reason: "ExitCode", message: "7" }] },
      });
    }
    const { status } = await run(["/no/such/command"]);
    expect(status).toMatchObject({ status: "Failure", reason: "NonZeroExitCode" });
    expect(status.details?.causes).toEqual([{ reason: "ExitCode", message: expect.stringMatching(/^12[67]$/) }]);
  });

  it.concurrent("Exec with a terminal follows its size", async () => {
    await pods.ready(name);
    const exec = new WatchedExec(configOf());
    const screen = sink({ rows: 20, columns: 70 });
    const keys = new PassThrough();
    const command = [
      "sh",
      "-c",
      'for size in "20 70" "31 99"; do until [ "$(stty size 2>/dev/null)" = "$size" ]; do sleep 0.05; done; echo "at $size"; done',
    ];
    await exec.exec(namespace, name, container, command, screen.stream, null, keys, true);
    await until(
      async () => screen.said(),
      (said) => said.includes("at 20 70\r\n"),
    );
    Object.assign(screen.stream, { rows: 31, columns: 99 }).emit("resize");
    expect((await exec.ended).status).toBe("Success");
    expect(screen.said()).toBe("at 20 70\r\nat 31 99\r\n");
  });

  it.concurrent("Attach reaches the process itself, with and without a terminal", async () => {
    await pods.ready("library-attached");
    const attach = new k8s.Attach(configOf());
    const [out, err, keys] = [sink(), sink(), new PassThrough()];
    const connection = await attach.attach(
      namespace,
      "library-attached",
      container,
      out.stream,
      err.stream,
      keys,
      false,
    );
    keys.write("first\n");
    await until(
      async () => out.said() + err.said(),
      () => out.said() === "got first\n" && err.said() === "bad first\n",
    );
    connection.close();

    await pods.ready("library-terminal");
    const [screen, typed] = [sink({ rows: 21, columns: 71 }), new PassThrough()];
    const terminal = await attach.attach(namespace, "library-terminal", container, screen.stream, null, typed, true);
    typed.write('until [ "$(stty size)" = "21 71" ]; do sleep 0.05; done; echo "it is" $((40+2))\n');
    await until(
      async () => screen.said(),
      (said) => said.includes("it is 42"),
    );
    terminal.close();
  });

  it.concurrent("PortForward carries bytes both ways, and says what does not listen", async () => {
    await pods.ready(name);
    const forward = new k8s.PortForward(configOf());
    const request = "x\0\xff\n".repeat(50_000);
    const keys = new PassThrough();
    const [out, err] = [sink(), sink()];
    const chunks: Buffer[] = [];
    out.stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    await forward.portForward(namespace, name, [8080], out.stream, err.stream, keys);
    keys.write(`POST /cgi-bin/echo HTTP/1.0\r\nContent-Length: ${request.length}\r\n\r\n`);
    keys.write(Buffer.from(request, "latin1"));
    const answer = await until(
      async () => Buffer.concat(chunks).toString("latin1"),
      (said) => said.length >= request.length && said.endsWith(request),
    );
    expect(answer).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
    expect(err.said()).toBe("");

    const [nothing, refusal] = [sink(), sink()];
    await forward.portForward(namespace, name, [9], nothing.stream, refusal.stream, new PassThrough());
    const said = await until(async () => refusal.said(), Boolean);
    expect(said).toMatch(/port 9\b.*connection refused/i);
    expect(nothing.said()).toBe("");
  });

  it.concurrent("Cp brings a folder in and out", async () => {
    await pods.ready(name);
    const [from, back] = [join(cluster.folder, "library-cp"), join(cluster.folder, "library-back")];
    mkdirSync(join(from, "deep"), { recursive: true });
    mkdirSync(back);
    writeFileSync(join(from, "deep", "file"), "x".repeat(300_000));
    const exec = new WatchedExec(configOf());
    const cp = new k8s.Cp(configOf(), exec);
    expect((await run(["mkdir", "/tmp/library-cp"])).status.status).toBe("Success");
    await cp.cpToPod(namespace, name, container, from, "/tmp/library-cp");
    expect((await exec.ended).status).toBe("Success");
    await cp.cpFromPod(namespace, name, container, "library-cp", back, "/tmp");
    expect((await exec.ended).status).toBe("Success");
    expect(readFileSync(join(back, "library-cp", "deep", "file"), "utf8")).toBe("x".repeat(300_000));
  });

  it.concurrent("Log follows until the container ends", async () => {
    const writing = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.running !== undefined;
    await pods.now("library-logged", writing);
    const lines = sink();
    const log = new k8s.Log(configOf());
    await log.log(namespace, "library-logged", container, lines.stream, { follow: true, tailLines: 1 });
    await until(
      async () => lines.said(),
      (said) => said === "begin\n",
    );
    await cluster.sh("library-logged", "touch /tmp/go");
    await finished(lines.stream);
    expect(lines.said()).toBe("begin\nend\n");
  });

  it.concurrent("a Watch ends at its timeout without an error, and the next one goes on where it ended", async () => {
    const config = configOf();
    const api = config.makeApiClient(k8s.CoreV1Api);
    const maps: string[] = [];
    let resourceVersion = (await api.listNamespacedConfigMap({ namespace })).metadata?.resourceVersion ?? "";
    const watched = (timeoutSeconds: number): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const path = `/api/v1/namespaces/${namespace}/configmaps`;
        const query = { resourceVersion, timeoutSeconds, allowWatchBookmarks: true, labelSelector: "of=library-watch" };
        new k8s.Watch(config)
          .watch(
            path,
            query,
            (type, object: k8s.KubernetesObject) => {
              resourceVersion = object.metadata?.resourceVersion ?? "";
              if (type !== "BOOKMARK") maps.push(`${type} ${object.metadata?.name}`);
            },
            resolve,
          )
          .catch(reject);
      });
    const make = (name: string) => {
      const metadata = { name, labels: { of: "library-watch" } };
      return api.createNamespacedConfigMap({ namespace, body: { metadata } });
    };
    const first = watched(1);
    await make("watch-one");
    expect(await first).toBeNull();
    // While nobody watches.
    await make("watch-two");
    const second = watched(1);
    await api.deleteNamespacedConfigMap({ namespace, name: "watch-one" });
    expect(await second).toBeNull();
    expect(maps).toEqual(["ADDED watch-one", "ADDED watch-two", "DELETED watch-one"]);
  });

  it.concurrent("Metrics, topPods and topNodes tell what is used", async () => {
    const config = configOf();
    const api = config.makeApiClient(k8s.CoreV1Api);
    const metrics = new k8s.Metrics(config);
    await pods.ready(name);
    const measured = await until(
      () => metrics.getPodMetrics(namespace),
      ({ items }) => items.some((item) => item.metadata.name === name),
    );
    const own = measured.items.find((item) => item.metadata.name === name);
    expect(own).toMatchObject({ metadata: { namespace, labels: { app: name } }, containers: [{ name: container }] });
    expect(own?.containers[0]?.usage.memory).toMatch(/^[1-9]\d*Ki$/);
    const top = await k8s.topPods(api, metrics, namespace);
    const { Containers = [], Memory } = top.find(({ Pod }) => Pod.metadata?.name === name) ?? {};
    expect(Containers.map(({ Container }) => Container)).toEqual([container]);
    expect(Number(Memory?.CurrentUsage)).toBeGreaterThan(0);
    const [node] = (await metrics.getNodeMetrics()).items;
    expect(node).toMatchObject({ metadata: { name: "e2e" } });
    const [host] = await k8s.topNodes(api);
    expect(Number(host?.Memory.Capacity)).toBeGreaterThan(0);
  });
}
