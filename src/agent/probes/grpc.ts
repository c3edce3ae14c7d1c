import type { Client, ServiceError } from "@grpc/grpc-js";
import { goQuote } from "../../machinery/status/go-format.ts";
import type { GRPCAction } from "../../machinery/types/core/v1.ts";
import { type Attempt, type AttemptContext, goSeconds, hostPort } from "./handler.ts";

const statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** The gRPC health protocol, grpc.health.v1.Health/Check, without TLS: https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export async function grpcAttempt({ port, service }: GRPCAction, context: AttemptContext): Promise<Attempt> {
  // CommonJS: bundled, it has no names but its default.
  const { default: grpc } = await import("@grpc/grpc-js");
  const { clock, signal, target, timeoutSeconds } = context;
  const address = hostPort(target.podIp, port);
  const within = goSeconds(timeoutSeconds);
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
    "grpc.primary_user_agent": "kube-probe/1.36",
    "grpc.enable_retries": 0,
  });
  let late = false;
  let connected = false;
  const cancel = clock.after(timeoutSeconds * 1000, () => {
    late = true;
    client.close();
  });
  const aborted = (): void => client.close();
  signal.addEventListener("abort", aborted);
  try {
    await untilReady(client, grpc.connectivityState.READY, () => late || signal.aborted);
    connected = !late && !signal.aborted;
    if (!connected) throw new Error("not connected");
    const status = statuses[await check(client, service ?? "", () => late)] ?? "UNKNOWN";
    return status === "SERVING"
      ? { outcome: "success", output: "service healthy" }
      : { outcome: "failure", output: `service unhealthy (responded with ${goQuote(status)})` };
  } catch (error) {
    if (signal.aborted) throw error;
    return { outcome: "failure", output: describe(error as ServiceError) };
  } finally {
    cancel();
    signal.removeEventListener("abort", aborted);
    client.close();
  }

  function describe(error: ServiceError): string {
    if (!connected) {
      return `timeout: failed to connect service ${goQuote(address)} within ${within}: context deadline exceeded`;
    }
    if (late) return `timeout: health rpc did not complete within ${within}`;
    if (error.code === grpc.status.UNIMPLEMENTED) {
      return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`;
    }
    const name = Object.entries(grpc.status).find(([, code]) => code === error.code)?.[0] ?? String(error.code);
    return `error: health rpc probe failed: rpc error: code = ${goCodeName(name)} desc = ${error.details}`;
  }
}

/** A refused connection is tried again until the time is up, as Go's blocking dial does. */
async function untilReady(client: Client, ready: number, ended: () => boolean): Promise<void> {
  const channel = client.getChannel();
  while (!ended()) {
    const state = channel.getConnectivityState(true);
    if (state === ready) return;
    await new Promise<void>((resolve) =>
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve()),
    );
  }
}

function check(client: Client, service: string, late: () => boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<string, number>(
      "/grpc.health.v1.Health/Check",
      encodeRequest,
      decodeResponse,
      service,
      (error, status) => (error || late() ? reject(error ?? new Error("late")) : resolve(status ?? 0)),
    );
  });
}

/** HealthCheckRequest { string service = 1; } */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  if (name.length === 0) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** HealthCheckResponse { ServingStatus status = 1; }: an enum below 128, so one byte after its tag. */
function decodeResponse(bytes: Buffer): number {
  const at = bytes.indexOf(0x08);
  return at < 0 ? 0 : (bytes[at + 1] ?? 0);
}

/** "FAILED_PRECONDITION" is "FailedPrecondition" in Go. */
function goCodeName(name: string): string {
  return name.toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
