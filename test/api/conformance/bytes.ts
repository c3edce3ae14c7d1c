import { Agent, request } from "node:https";
import type { Fixture } from "../fixture.ts";

export interface BytesAnswer {
  readonly code: number;
  readonly type: string | undefined;
  readonly bytes: Buffer;
}

const agent = new Agent({ keepAlive: true });

/** As Fixture.ask(), for answers that are no text. */
export function askBytes(
  { port, certificates }: Pick<Fixture, "port" | "certificates">,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: Uint8Array,
): Promise<BytesAnswer> {
  return new Promise((resolve, reject) => {
    const length = body ? { "content-length": String(body.length) } : {};
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        agent,
        ca: certificates.authority.cert,
        ...certificates.admin,
        headers: { ...headers, ...length },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            code: response.statusCode ?? 0,
            type: response.headers["content-type"],
            bytes: Buffer.concat(chunks),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
