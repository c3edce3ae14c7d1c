import { connect, createServer, type Socket } from "node:net";
import { constants, createInflate } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SpdyConnection } from "../../../src/api/stream/spdy/connection.ts";
import { dictionary } from "../../../src/api/stream/spdy/dictionary.ts";
import { controlFrame, dataHead, type Frame, FrameReader } from "../../../src/api/stream/spdy/frames.ts";
import { HeaderReader, HeaderWriter } from "../../../src/api/stream/spdy/headers.ts";
import type { SpdyStream } from "../../../src/api/stream/spdy/stream.ts";
import { SpdyClient } from "./spdy-client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function pair() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || !address) throw new Error("no address");
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const far = connect(address.port, "127.0.0.1");
  const near = await accepted;
  cleanups.push(() => {
    far.destroy();
    near.destroy();
    server.close();
  });
  const streams: SpdyStream[] = [];
  const connection = new SpdyConnection({ transport: near, onStream: (stream) => streams.push(stream) });
  return { connection, streams, client: new SpdyClient(far), far, near };
}

describe("connection", () => {
  test("streams carry data both ways, and each side closes by itself", async () => {
    const { client, streams } = await pair();
    const opened = await client.open({ streamtype: "data", Port: "80" });
    const second = await client.open({ streamtype: "error" });
    await vi.waitFor(() => expect(streams).toHaveLength(2));
    const [stream] = streams;
    expect([...(stream?.headers ?? [])]).toEqual([
      ["streamtype", "data"],
      ["port", "80"],
    ]);
    client.data(opened.id, "hello ");
    client.data(opened.id, "world", true);
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("hello world");
    stream?.write("still ");
    stream?.end("open");
    await vi.waitFor(() => expect([opened.received.toString(), opened.ended]).toEqual(["still open", true]));
    expect([opened.reset, second.replied, second.ended]).toEqual([undefined, true, false]);
  });

  test("resets in both directions", async () => {
    const { client, streams } = await pair();
    const a = await client.open({ n: "a" });
    const b = await client.open({ n: "b" });
    await vi.waitFor(() => expect(streams).toHaveLength(2));
    streams[0]?.destroy();
    await vi.waitFor(() => expect(a.reset).toBe(5));
    client.reset(b.id);
    await vi.waitFor(() => expect(streams[1]?.destroyed).toBe(true));
    expect(b.reset).toBeUndefined();
    client.data(b.id, "late");
    client.ping(7);
    await vi.waitFor(() => expect(client.pongs).toEqual([7]));
  });

  test("pings, and the end of the connection", async () => {
    const { client, connection, streams } = await pair();
    await client.open({ n: "a" }, 1);
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    streams[0]?.resume();
    connection.ping();
    await vi.waitFor(() => expect(client.pings).toEqual([2]));
    connection.close();
    await vi.waitFor(() => expect([client.goneAway, client.ended]).toEqual([true, true]));
    await connection.closed;
    expect(streams[0]?.destroyed).toBe(true);
  });

  test("a client that vanishes ends its streams", async () => {
    const { client, connection, far, streams } = await pair();
    await client.open({ n: "a" });
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    far.destroy();
    await connection.closed;
    expect(streams[0]?.destroyed).toBe(true);
  });

  test("a reader that lags holds the sender back, without losing anything", async () => {
    const { client, far, streams } = await pair();
    const { id } = await client.open({ n: "a" });
    await vi.waitFor(() => expect(streams).toHaveLength(1));
    const [stream] = streams;
    const block = Buffer.alloc(64 << 10, 7);
    let sent = 0;
    while (client.data(id, block) || sent < 64 << 20) {
      sent += block.length;
      if (sent >= 64 << 20) break;
    }
    client.data(id, "", true);
    await vi.waitFor(() => expect(stream?.readableLength).toBeGreaterThan(128 << 10));
    expect(stream?.readableLength).toBeLessThan(1 << 20);
    expect(far.writableLength).toBeGreaterThan(32 << 20);
    let received = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) received += chunk.length;
    expect(received).toBe(sent);
  });

  test("what is not SPDY ends the connection", async () => {
    const { connection, far } = await pair();
    far.write(Buffer.from([0x80, 2, 0, 1, 0, 0, 0, 0]));
    await connection.closed;
    const another = await pair();
    another.client.control(1, 0, Buffer.concat([Buffer.alloc(10), Buffer.from("not zlib")]));
    await another.connection.closed;
  });
});

test("headers that are written can be read by zlib, and those of a compressor by us", async () => {
  const maps = fc.array(fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true }), {
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(maps, async (blocks) => {
      const writer = new HeaderWriter();
      const reader = new HeaderReader();
      for (const block of blocks) {
        const lower = Object.entries(block).map(([name, value]) => [name.toLowerCase(), value] as const);
        const headers = new Map(lower);
        expect(await reader.read(writer.write(headers))).toEqual(headers);
      }
      reader.close();
    }),
    { numRuns: 30 },
  );
  const inflate = createInflate({ dictionary, finishFlush: constants.Z_SYNC_FLUSH });
  const chunks: Buffer[] = [];
  inflate.on("data", (chunk: Buffer) => chunks.push(chunk));
  inflate.end(new HeaderWriter().write(new Map([["a", "b"]])));
  await new Promise((resolve) => inflate.once("end", resolve));
  expect(Buffer.concat(chunks).toString("latin1")).toBe("\0\0\0\x01\0\0\0\x01a\0\0\0\x01b");
});

test("frames are the same however the bytes are cut", () => {
  const data = fc.record({
    id: fc.integer({ min: 1, max: 9 }),
    body: fc.uint8Array({ maxLength: 50 }),
    fin: fc.boolean(),
  });
  const other = fc.record({ type: fc.integer({ min: 1, max: 9 }), body: fc.uint8Array({ maxLength: 50 }) });
  fc.assert(
    fc.property(fc.array(fc.oneof(data, other)), fc.infiniteStream(fc.integer({ min: 1, max: 20 })), (frames, cuts) => {
      const bytes = Buffer.concat(
        frames.map((frame) =>
          "id" in frame
            ? Buffer.concat([dataHead(frame.id, frame.fin, frame.body.length), frame.body])
            : controlFrame(frame.type, 0, Buffer.from(frame.body)),
        ),
      );
      const reader = new FrameReader();
      const read: Frame[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = cuts.next().value;
        read.push(...reader.read(bytes.subarray(at, at + size)));
        at += size;
      }
      const joined: string[] = [];
      let pending = "";
      for (const frame of read) {
        if (frame.kind === "control") joined.push(`c${frame.type}:${frame.payload.toString("hex")}`);
        else pending += frame.payload.toString("hex");
        if (frame.kind === "data" && frame.fin) {
          joined.push(`d${frame.streamId}:${pending}`);
          pending = "";
        }
      }
      const expected: string[] = [];
      let waiting = "";
      for (const frame of frames) {
        const hex = Buffer.from(frame.body).toString("hex");
        if ("type" in frame) expected.push(`c${frame.type}:${hex}`);
        else waiting += hex;
        if ("id" in frame && frame.fin) {
          expected.push(`d${frame.id}:${waiting}`);
          waiting = "";
        }
      }
      expect([joined, pending]).toEqual([expected, waiting]);
    }),
  );
});
