/** The smallest server of the gRPC health protocol: it always serves. */
import { Server, ServerCredentials } from "@grpc/grpc-js";

const SERVING = Buffer.from([0x08, 0x01]);

export async function grpcHealthServer(): Promise<{ readonly port: number; close(): void }> {
  const server = new Server();
  const raw = (bytes: Buffer) => bytes;
  const check = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  };
  server.addService(
    { check },
    { check: (_call: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, SERVING) },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("0.0.0.0:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
  return { port, close: () => server.forceShutdown() };
}
