// Which Dify the steps talk to, and with which keys.
const { DifyClient } = require("dify-dual");
const { startFakeDifySync } = require("dify-dual/testing");

/**
 * The Dify of the environment, or else the fake server. `apps` has, by the app's mode (and "knowledge" for the
 * knowledge base), what a step needs to make a client.
 */
function openTarget(env = process.env) {
  return env.DIFY_API_KEY || env.DIFY_DATASET_API_KEY ? realDify(env) : fakeDify();
}

function fakeDify() {
  const fake = startFakeDifySync();
  const { baseUrl, keys, datasetId } = fake;
  return {
    name: `the fake server of this package, at ${baseUrl}`,
    hint: "Set DIFY_API_KEY and DIFY_BASE_URL to talk to a Dify of yours.",
    apps: {
      completion: { key: keys.completion, baseUrl },
      chat: { key: keys.chat, baseUrl },
      "agent-chat": { key: keys.agentChat, baseUrl },
      "advanced-chat": { key: keys.chatflow, baseUrl },
      workflow: { key: keys.workflow, baseUrl },
      knowledge: { key: keys.dataset, baseUrl, datasetId },
    },
    missing: {},
    close: () => fake.close(),
  };
}

function realDify(env) {
  const { DIFY_API_KEY: key, DIFY_DATASET_API_KEY: datasetKey, DIFY_DATASET_ID: datasetId } = env;
  const apps = {};
  const missing = {};
  const { baseUrl } = new DifyClient(key || datasetKey, env.DIFY_BASE_URL || undefined);
  if (key) {
    const client = new DifyClient(key, baseUrl);
    try {
      apps[client.getAppInfo().json().mode] = { key, baseUrl };
    } finally {
      client.close();
    }
  }
  if (datasetKey && datasetId) apps.knowledge = { key: datasetKey, baseUrl, datasetId };
  missing.knowledge = "DIFY_DATASET_API_KEY and DIFY_DATASET_ID are not both set";
  missing.app = key
    ? `the key in DIFY_API_KEY is for a ${Object.keys(apps)[0]} app`
    : "DIFY_API_KEY is not set";
  const held = key ? `a ${Object.keys(apps)[0]} app` : "a knowledge base";
  return {
    name: `${baseUrl}, ${held}${key && apps.knowledge ? " and a knowledge base" : ""}`,
    hint: 'The steps generate a few short answers with that app, as the user "dify-dual-start".',
    apps,
    missing,
    close() {},
  };
}

module.exports = { openTarget };
