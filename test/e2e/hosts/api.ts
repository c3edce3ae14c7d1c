/** The API over HTTPS, with the certificate of a kubeconfig: for what a test asks often. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { createInterface } from "node:readline";
import { parse } from "yaml";

interface Kubeconfig {
  readonly clusters: readonly { cluster: { server: string; "certificate-authority-data": string } }[];
  readonly users: readonly { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

export class ApiError extends Error {
  override name = "ApiError";
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export class Api {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(kubeconfigFile: string) {
    const { clusters, users } = parse(readFileSync(kubeconfigFile, "utf8")) as Kubeconfig;
    const [cluster, user] = [clusters[0]?.cluster, users[0]?.user];
    if (!cluster || !user) throw new Error(`${kubeconfigFile} has no cluster or no user`);
    const decoded = (text: string) => Buffer.from(text, "base64");
    this.#server = cluster.server;
    this.#agent = new Agent({
      keepAlive: true,
      ca: decoded(cluster["certificate-authority-data"]),
      cert: decoded(user["client-certificate-data"]),
      key: decoded(user["client-key-data"]),
    });
  }

  get<T>(path: string): Promise<T> {
    return this.#call("GET", path) as Promise<T>;
  }

  create(path: string, object: object): Promise<unknown> {
    return this.#call("POST", path, object);
  }

  remove(path: string): Promise<unknown> {
    return this.#call("DELETE", path);
  }

  /** Calls back with each object that is added or changed, those that are there included. Returns a function that ends it. */
  watch<T>(path: string, seen: (object: T) => void): () => void {
    const call = request(`${this.#server}${path}?watch=true`, { agent: this.#agent }, (response) => {
      const lines = createInterface({ input: response });
      lines.on("line", (line) => seen((JSON.parse(line) as { object: T }).object));
      lines.on("error", () => lines.close());
    });
    call.on("error", () => call.destroy());
    call.end();
    return () => call.destroy();
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body?: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.#agent, timeout: 5000, headers: { "content-type": "application/json" } };
      const call = request(`${this.#server}${path}`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("error", reject);
        response.on("end", () => {
          const code = response.statusCode ?? 0;
          if (code < 300) resolve(JSON.parse(text));
          else reject(new ApiError(code, `${method} ${path}: ${code} ${text.slice(0, 500)}`));
        });
      });
      call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer`)));
      call.on("error", reject);
      call.end(body ? JSON.stringify(body) : undefined);
    });
  }
}
