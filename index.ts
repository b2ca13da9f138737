export * from "./lib";
export * from "./lib-sync";
