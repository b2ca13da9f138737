// Runs another example against the fake server, for those who have no Dify at hand:
//
//   node examples/with-fake.js chatflow examples/chat-loop.js
//
// The first argument says whose key DIFY_API_KEY is: chat, agentChat, chatflow, completion or workflow.
const { spawn } = require("node:child_process");
const { startFakeDify } = require("dify-dual/testing");

async function main() {
  const [app, ...command] = process.argv.slice(2);
  const fake = await startFakeDify();
  try {
    if (!fake.keys[app] || command.length === 0) {
      const apps = Object.keys(fake.keys).filter((name) => name !== "dataset");
      throw new Error(`usage: node examples/with-fake.js <${apps.join("|")}> <program> [arguments]`);
    }
    const environment = {
      ...process.env,
      DIFY_BASE_URL: fake.baseUrl,
      DIFY_API_KEY: fake.keys[app],
      DIFY_DATASET_API_KEY: fake.keys.dataset,
      DIFY_DATASET_ID: fake.datasetId,
    };
    const child = spawn(process.execPath, command, { env: environment, stdio: "inherit" });
    process.exitCode = await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    await fake.close();
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
