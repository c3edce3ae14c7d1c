/**
 * The connection to the Docker engine. dockerode is loaded on the first call, so that a process that only serves the API
 * never pays for it; every error leaves here as one of the runtime's own, with the engine's words.
 */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import type Docker from "dockerode";
import { RuntimeError, RuntimeUnavailableError } from "../types.ts";

export interface Engine {
  /** Where the engine is, as the user would write it: "unix:///var/run/docker.sock". */
  readonly address: string;
  /** Runs one exchange with the engine, its errors translated. */
  call<T>(exchange: (docker: Docker) => Promise<T>): Promise<T>;
}

/**
 * `host` as in DOCKER_HOST (unix://, npipe://, tcp://, http://, https://); where it is absent DOCKER_HOST decides, then the
 * platform's usual socket.
 */
export function connectEngine(host?: string): Engine {
  const address = host ?? (process.env.DOCKER_HOST || defaultDockerAddress());
  let loaded: Promise<Docker> | undefined;
  const load = () => {
    loaded ??= import("dockerode").then(({ default: Dockerode }) => new Dockerode(connectOptions(address)));
    return loaded;
  };
  return {
    address,
    async call(exchange) {
      const docker = await load();
      try {
        return await exchange(docker);
      } catch (error) {
        throw translate(error, address);
      }
    },
  };
}

/** Where Docker usually listens on this platform. */
export function defaultDockerAddress(): string {
  if (process.platform === "win32") return "npipe:////./pipe/docker_engine";
  const ofUser = `${homedir()}/.docker/run/docker.sock`;
  const system = "/var/run/docker.sock";
  return !existsSync(system) && existsSync(ofUser) ? `unix://${ofUser}` : `unix://${system}`;
}

function connectOptions(address: string): Docker.DockerOptions {
  const local = /^(?:unix|npipe):\/\/(.*)$/.exec(address);
  if (local?.[1]) return { socketPath: local[1] };
  const url = new URL(address.includes("://") ? address : `tcp://${address}`);
  const secure = url.protocol === "https:" || url.port === "2376" || process.env.DOCKER_TLS_VERIFY === "1";
  // With DOCKER_HOST alone, dockerode itself reads the certificates of DOCKER_CERT_PATH.
  if (process.env.DOCKER_HOST === address && process.env.DOCKER_CERT_PATH) return {};
  return { host: url.hostname, port: url.port || (secure ? 2376 : 2375), protocol: secure ? "https" : "http" };
}

const unreachable = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "ECONNRESET",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
]);

function translate(error: unknown, address: string): Error {
  if (error instanceof RuntimeError || error instanceof RuntimeUnavailableError) return error;
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  if (code === "EACCES" || code === "EPERM") {
    return new RuntimeUnavailableError(
      `permission denied while trying to connect to the Docker daemon at ${address}: add this user to the group docker, or run as root`,
      { cause: error },
    );
  }
  if (code !== undefined && unreachable.has(code)) {
    return new RuntimeUnavailableError(
      `Cannot connect to the Docker daemon at ${address}. Is the docker daemon running?`,
      {
        cause: error,
      },
    );
  }
  const reason = statusCode === 404 ? "not-found" : statusCode === 409 ? "conflict" : "other";
  return new RuntimeError(reason, engineMessage(error), { cause: error });
}

/** The engine's own sentence, without the client's "(HTTP code 404) no such container - " in front. */
export function engineMessage(error: unknown): string {
  const { json, message } = error as { json?: { message?: string }; message?: string };
  return json?.message ?? (message ?? String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, "").trim();
}
