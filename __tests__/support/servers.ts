import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import * as net from "node:net";
import { Worker } from "node:worker_threads";

/** A promise that is settled from outside. */
export interface Signalled<T = void> extends Promise<T> {
  resolve(value: T): void;
}

export function signalled<T = void>(): Signalled<T> {
  let settle!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  }) as Signalled<T>;
  promise.resolve = settle;
  return promise;
}

/** What a server saw of one request. */
export interface Seen {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** Resolves when the connection of this request is gone or its answer is complete. */
  closed: Promise<void>;
}

export interface TestServer {
  origin: string;
  baseUrl: string;
  port: number;
  /** Every request, once its body is here. */
  seen: Seen[];
  /** How many connections there were. */
  connections: number;
  close(): Promise<void>;
}

type Handler = (request: Seen, response: ServerResponse, nth: number) => void;

/** A server on loopback, in this process. */
export async function serve(handler: Handler, port = 0): Promise<TestServer> {
  const server = createServer((request, response) => {
    const closed = new Promise<void>((resolve) => response.once("close", resolve));
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const seen: Seen = { method, path: url, headers, body: Buffer.concat(chunks), closed };
      result.seen.push(seen);
      handler(seen, response, result.seen.length);
    });
  });
  const result = await listen(server, port);
  server.on("connection", () => {
    result.connections++;
  });
  return result;
}

/** A server that speaks whatever `onConnection` makes it speak. */
export async function serveRaw(
  onConnection: (socket: net.Socket, nth: number) => void,
  options: net.ServerOpts = {},
): Promise<TestServer> {
  const server = net.createServer(options, (socket) => {
    socket.on("error", () => {});
    result.connections++;
    onConnection(socket, result.connections);
  });
  const result = await listen(server, 0);
  return result;
}

async function listen(server: Server | net.Server, port: number): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: given } = server.address() as net.AddressInfo;
  const origin = `http://127.0.0.1:${given}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    port: given,
    seen: [],
    connections: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port of loopback on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = await serve(() => {});
  await server.close();
  return server.port;
}

const ASLEEP = `
  const { parentPort } = require("node:worker_threads");
  const server = require("node:net").createServer();
  server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    // From here on nobody accepts: the thread sleeps until it is ended.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** A port where no connection comes to stand: a thread listens, sleeps, and its queue of connections is full. */
export async function unreachable(): Promise<{ baseUrl: string; close(): Promise<void> }> {
  const worker = new Worker(ASLEEP, { eval: true });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  const fillers: net.Socket[] = [];
  // Connections are made until one is not answered: only then is the queue full.
  for (let isFull = false; !isFull; ) {
    const filler = net.connect(port, "127.0.0.1");
    fillers.push(filler);
    filler.on("error", () => {});
    isFull = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), 300);
      filler.once("connect", () => {
        clearTimeout(timer);
        resolve(false);
      });
    });
    if (fillers.length > 50) throw new Error("the queue of connections does not fill up");
  }
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
