export { openSync as default } from "./dify-dual.mjs";
