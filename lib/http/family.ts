import type { Family } from "../core/executor";

/** The async family: undici on the caller's own event loop. What sends is loaded with the first client. */
export const asyncFamily: Family<"async"> = {
  mode: "async",
  connect(connection, log, { dispatcher }) {
    const { AsyncExecutor } = require("./executor") as typeof import("./executor");
    const { Transport } = require("./transport") as typeof import("./transport");
    return new AsyncExecutor(new Transport(connection, { dispatcher }), log);
  },
};
