import type { Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import type { Connection } from "../core/request";

type PoolConstructor = typeof Pool;

let PoolClass: PoolConstructor | undefined;

// The second name is a literal: it is what a bundler sees, and takes into the bundle.
const load = (name: string): unknown => (name === "undici" ? require("undici") : require(name));

/**
 * undici's Pool. Its own file loads in a third of the time of the whole package and is the very same class, but
 * is no public path, so the package itself is the fallback.
 */
export function loadPool(loadModule: (name: string) => unknown = load): PoolConstructor {
  try {
    const loaded = loadModule("undici/lib/dispatcher/pool.js");
    if (typeof loaded === "function") return loaded as PoolConstructor;
  } catch {
    // The path has moved.
  }
  return (loadModule("undici") as { Pool: PoolConstructor }).Pool;
}

/** A dispatcher of the client's own: a keep-alive pool, or agents behind proxies. */
export function makeDispatcher(connection: Connection): Dispatcher {
  // undici's connect timer is coarse and only cleans up behind ours, which is exact.
  const timeout = Math.min(connection.connectTimeout + 1_000, 2 ** 31 - 1);
  const options = {
    connect: { timeout },
    // The library's own limits hold: one timer a call, exact, and told apart by name.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (connection.proxy) {
    const { EnvHttpProxyAgent: Agent } = require("undici") as { EnvHttpProxyAgent: typeof EnvHttpProxyAgent };
    return new Agent({ ...options, httpProxy: "", httpsProxy: "", noProxy: "", ...connection.proxy });
  }
  PoolClass ??= loadPool();
  return new PoolClass(connection.origin, options);
}
