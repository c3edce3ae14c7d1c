/**
 * Lives in the network of a pod, or of a host. Answers on ports with the address it sees, and asks others on request: lines of
 * JSON in, a line of JSON out for each. Stays as fast as the network is, where a program for each question would not.
 */
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

export interface Question {
  readonly id: number;
  readonly protocol: "TCP" | "UDP";
  readonly address: string;
  readonly port: number;
  /** ms */
  readonly timeout: number;
}

export interface Answer {
  readonly id: number;
  /** "NAME saw ADDRESS", or undefined: nobody answered. */
  readonly said?: string;
  readonly error?: string;
}

const [name = "", ...ports] = process.argv.slice(2);
let listening = 0;

for (const port of ports) {
  const [protocol, number] = port.split("/");
  const ready = (): void => {
    listening++;
    if (listening === ports.length) process.stdout.write('{"id":0}\n');
  };
  if (protocol === "TCP") {
    createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.end(`${name} saw ${socket.remoteAddress}`);
    }).listen(Number(number), "0.0.0.0", ready);
  } else {
    const socket = createSocket("udp4");
    socket.on("message", (_, { address, port }) => socket.send(`${name} saw ${address}`, port, address));
    socket.bind(Number(number), "0.0.0.0", ready);
  }
}
if (ports.length === 0) process.stdout.write('{"id":0}\n');

createInterface({ input: process.stdin }).on("line", (line) => {
  const question = JSON.parse(line) as Question;
  const { id } = question;
  const ask = question.protocol === "TCP" ? askTcp : askUdp;
  void ask(question).then(
    (said) => process.stdout.write(`${JSON.stringify({ id, said })}\n`),
    (error: unknown) => process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`),
  );
});
process.stdin.on("end", () => process.exit(0));

function askTcp({ address, port, timeout }: Question): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true });
    let said = "";
    const timer = setTimeout(() => {
      resolve(undefined);
      socket.destroy();
    }, timeout);
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.on("end", () => {
      clearTimeout(timer);
      resolve(said);
    });
  });
}

function askUdp({ address, port, timeout }: Question): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    const done = (said: string | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(said);
    };
    const timer = setTimeout(() => done(undefined), timeout);
    socket.on("message", (message) => done(message.toString()));
    socket.on("error", reject);
    socket.send("?", port, address);
  });
}
