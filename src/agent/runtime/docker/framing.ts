/**
 * Docker's multiplexed stream: frames of an 8-byte header (stream 1 stdout or 2 stderr, three zeros, length as big-endian
 * uint32) and that many bytes. Used by logs, exec and attach wherever there is no tty.
 */

export interface FrameSink {
  /** `stream` is 1 for stdout, 2 for stderr; the engine's own errors come as 3. A frame may arrive in several pieces. */
  frame(stream: number, payload: Buffer): void;
}

/** Returns a function to feed with whatever arrives, cut anywhere. */
export function frameDecoder(sink: FrameSink): (chunk: Buffer) => void {
  let header = Buffer.alloc(0);
  let stream = 0;
  let remaining = 0;
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (remaining === 0) {
        const missing = 8 - header.length;
        header = Buffer.concat([header, chunk.subarray(offset, offset + missing)]);
        offset += missing;
        if (header.length < 8) return;
        stream = header.readUInt8(0);
        remaining = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const payload = chunk.subarray(offset, offset + remaining);
      offset += payload.length;
      remaining -= payload.length;
      sink.frame(stream, payload);
    }
  };
}
