// Runs a workflow once for each line of a file, one after the other, with blocking calls. Each line is a JSON object,
// the run's inputs; each line of the result is a JSON object with what came out.
//
//   node examples/workflow-batch.js <inputs.jsonl> <results.jsonl>
//
// DIFY_API_KEY: a workflow app.
const fs = require("node:fs");
const { DifyClientError, WorkflowClient } = require("dify-dual");

function main(source, target) {
  if (!source || !target)
    throw new Error("usage: node examples/workflow-batch.js <inputs.jsonl> <results.jsonl>");
  const lines = fs
    .readFileSync(source, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const client = new WorkflowClient();
  fs.writeFileSync(target, "");
  let failed = 0;
  try {
    for (const line of lines) {
      const result = runOnce(client, JSON.parse(line));
      if (result.status !== "succeeded") failed += 1;
      fs.appendFileSync(target, `${JSON.stringify(result)}\n`);
      console.log(`${result.status} ${JSON.stringify(result.outputs ?? result.error)}`);
    }
  } finally {
    client.close();
  }
  console.log(`${lines.length - failed} of ${lines.length} succeeded`);
}

/** One run. A run that fails, or is refused, is a result like any other. */
function runOnce(client, inputs) {
  try {
    const { data } = client.run({ inputs, response_mode: "blocking", user: "workflow-batch" }).json();
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

const [source, target] = process.argv.slice(2);
main(source, target);
