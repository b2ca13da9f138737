// Runs a workflow once for each line of a file, a few at a time; otherwise as workflow-batch.js. The results stand in
// the order of the inputs.
//
//   node examples/workflow-batch-async.js <inputs.jsonl> <results.jsonl> [how many at a time]
//
// DIFY_API_KEY: a workflow app.
const fs = require("node:fs/promises");
const { AsyncWorkflowClient, DifyClientError } = require("dify-dual");

async function main(source, target, atATime = 3) {
  if (!source || !target || !(atATime >= 1)) {
    throw new Error(
      "usage: node examples/workflow-batch-async.js <inputs.jsonl> <results.jsonl> [how many at a time]",
    );
  }
  const lines = (await fs.readFile(source, "utf8")).split("\n").filter((line) => line.trim() !== "");
  const client = new AsyncWorkflowClient();
  let results;
  try {
    results = await mapBounded(lines, atATime, async (line) => {
      const result = await runOnce(client, JSON.parse(line));
      console.log(`${result.status} ${JSON.stringify(result.outputs ?? result.error)}`);
      return result;
    });
  } finally {
    await client.aclose();
  }
  await fs.writeFile(target, results.map((result) => `${JSON.stringify(result)}\n`).join(""));
  const succeeded = results.filter(({ status }) => status === "succeeded").length;
  console.log(`${succeeded} of ${lines.length} succeeded`);
}

/** One run. A run that fails, or is refused, is a result like any other. */
async function runOnce(client, inputs) {
  try {
    const response = await client.run({ inputs, response_mode: "blocking", user: "workflow-batch" });
    const { data } = response.json();
    return {
      inputs,
      status: data.status,
      outputs: data.outputs,
      error: data.error,
      seconds: data.elapsed_time,
    };
  } catch (error) {
    if (!(error instanceof DifyClientError)) throw error;
    return { inputs, status: "refused", outputs: null, error: error.message };
  }
}

/** As `Promise.all(items.map(work))`, but never more than `limit` at a time. */
async function mapBounded(items, limit, work) {
  const results = new Array(items.length);
  const queue = items.entries();
  const worker = async () => {
    // All workers take from the one iterator, so each item is taken once.
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}

const [source, target, atATime] = process.argv.slice(2);
main(source, target, atATime && Number(atATime)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
