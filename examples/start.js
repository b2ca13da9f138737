// What `npm start` runs: the calls of the README against a Dify, first blocking, then awaited.
//
// Without keys in the environment it talks to the fake server of dify-dual/testing. With DIFY_API_KEY (and
// DIFY_BASE_URL, DIFY_DATASET_API_KEY, DIFY_DATASET_ID) it talks to that Dify, and skips what the keys are not for.
const { openTarget } = require("./start/target");
const { Reporter } = require("./start/reporter");
const blockingSteps = require("./start/steps-sync");
const awaitedSteps = require("./start/steps-async");

async function main() {
  const target = openTarget();
  const reporter = new Reporter(target);
  try {
    reporter.begin("Blocking calls: each returns its value, nothing else runs meanwhile", "blocking");
    for (const step of blockingSteps) {
      const app = reporter.announce(step);
      if (!app) continue;
      const started = performance.now();
      try {
        reporter.done(step.run(app, reporter), performance.now() - started);
      } catch (error) {
        reporter.failed(error);
      }
    }

    reporter.begin("Awaited calls: each returns a promise", "await");
    for (const step of awaitedSteps) {
      const app = reporter.announce(step);
      if (!app) continue;
      const started = performance.now();
      try {
        reporter.done(await step.run(app, reporter), performance.now() - started);
      } catch (error) {
        reporter.failed(error);
      }
    }
  } finally {
    target.close();
  }
  process.exitCode = reporter.summarize() ? 0 : 1;
}

main().catch((error) => {
  console.error(`\nnpm start failed: ${error.message}`);
  process.exitCode = 1;
});
