import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";

/** A server of `__tests__/servers` in a process of its own. */
export interface ServerProcess {
  baseUrl: string;
  /** Tells the server something; it comes before any request that is sent later. */
  tell(what: string): Promise<void>;
  close(): Promise<void>;
}

export async function startServer(file: string): Promise<ServerProcess> {
  const child = fork(path.join(__dirname, "..", "servers", file), { execArgv: [] });
  const port = await new Promise<unknown>((resolve, reject) => {
    child.once("message", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${file} ended with code ${code}`)));
  });
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    tell: (what) =>
      new Promise((resolve, reject) => child.send(what, (error) => (error ? reject(error) : resolve()))),
    close: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.removeAllListeners("exit");
    child.once("exit", () => resolve());
    child.kill();
  });
}
