export { openAsync as default } from "./dify-dual.mjs";
