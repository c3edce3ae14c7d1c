import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";

export interface Target {
  readonly port: number;
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
}

const blank = Buffer.from("\r\n\r\n");

/** One HTTP/1.1 connection with one request under way: next to no work, so that the server gets the processor. */
export class Connection {
  readonly #socket: TLSSocket;
  #head: Buffer = Buffer.alloc(0);
  #missing = -1;
  #code = 0;
  #done: (code: number) => void = () => undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#data(chunk));
  }

  static async open({ port, ca, key, cert }: Target): Promise<Connection> {
    const socket = connect({ host: "127.0.0.1", port, ca, key, cert, ALPNProtocols: ["http/1.1"] });
    await once(socket, "secureConnect");
    socket.setNoDelay(true);
    return new Connection(socket);
  }

  /** The status code, when the whole answer is there. Answers must have a Content-Length. */
  send(method: string, path: string, body = "", contentType = "application/json"): Promise<number> {
    const length = body === "" ? "" : `Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: b\r\n${length}\r\n${body}`);
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  /** Everything that comes is counted and forgotten: a watch. */
  stream(path: string, take: (chunk: Buffer) => void): void {
    this.#socket.removeAllListeners("data");
    this.#socket.on("data", take);
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: b\r\n\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #data(chunk: Buffer): void {
    if (this.#missing < 0) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(blank);
      if (end < 0) return;
      const text = this.#head.toString("latin1", 0, end).toLowerCase();
      this.#code = Number(text.slice(9, 12));
      const length = /content-length: (\d+)/.exec(text)?.[1];
      if (length === undefined) throw new Error(`no content-length: ${text}`);
      this.#missing = Number(length) - (this.#head.length - end - 4);
      this.#head = Buffer.alloc(0);
    } else this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#done(this.#code);
  }
}
