import { Bridge } from "./bridge";
import { WorkerLink } from "./worker-link";

// One of each for a thread, however many clients there are: every thread loads its own copy of this module.
let worker: Bridge | undefined;
let child: Bridge | undefined;

/** The bridge over a worker thread, which is started at the first call. */
export function workerBridge(): Bridge {
  worker ??= new Bridge(() => new WorkerLink());
  return worker;
}

/** The bridge over a child process, loaded and started at the first call. */
export function processBridge(): Bridge {
  child ??= new Bridge(() => {
    const { ProcessLink } = require("./process-link") as typeof import("./process-link");
    return new ProcessLink();
  });
  return child;
}
