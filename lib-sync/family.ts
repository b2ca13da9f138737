import type { Family } from "../lib/core/executor";

/** The blocking family: the async family's transport, in a worker or a child process, loaded with the first client. */
export const syncFamily: Family<"sync"> = {
  mode: "sync",
  connect(connection, log, { bridge }) {
    const { SyncExecutor } = require("./executor") as typeof import("./executor");
    const { processBridge, workerBridge } = require("./bridge/bridges") as typeof import("./bridge/bridges");
    return new SyncExecutor(bridge === "process" ? processBridge() : workerBridge(), connection, log);
  },
};
