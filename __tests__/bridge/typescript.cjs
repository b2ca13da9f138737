// Lets a script and its workers require the library's sources: there each module can be reached and changed, which in
// the built package is not so. The main thread compiles, for all: the compiler does not survive the end of a worker.
const { readdirSync } = require("node:fs");
const path = require("node:path");
const { getEnvironmentData, isMainThread, setEnvironmentData } = require("node:worker_threads");

const KEY = "dify-dual's sources";

function compile() {
  const { transformFileSync } = require("@swc/core");
  const root = path.join(__dirname, "..", "..");
  const options = {
    swcrc: false,
    module: { type: "commonjs" },
    jsc: { target: "es2022", parser: { syntax: "typescript" } },
  };
  const files = ["lib", "lib-sync"].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true }).map((file) => path.join(root, folder, file)),
  );
  return new Map(
    [...files.filter((file) => file.endsWith(".ts")), path.join(root, "index.ts")].map((file) => [
      file,
      transformFileSync(file, options).code,
    ]),
  );
}

if (isMainThread) setEnvironmentData(KEY, compile());
const compiled = getEnvironmentData(KEY);
require.extensions[".ts"] = (module, file) => module._compile(compiled.get(file), file);
