import { openSync } from "./dify-dual.mjs";

export default (target) => openSync(target, { bridge: "process" });
