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
  const client = new DifyClient(key || datasetKey, env.DIFY_BASE_URL || undefined);
  const { baseUrl } = client;
  const apps = {};
  const held = [];
  try {
    if (key) {
      // Not tried again: whoever mistyped the URL wants to know at once.
      const { mode } = client.getAppInfo({}, { maxRetries: 0 }).json();
      apps[mode] = { key, baseUrl };
      held.push(named(mode));
    }
  } finally {
    client.close();
  }
  const missingApp = key ? `the key in DIFY_API_KEY is for ${held[0]}` : "DIFY_API_KEY is not set";
  if (datasetKey && datasetId) {
    apps.knowledge = { key: datasetKey, baseUrl, datasetId };
    held.push("a knowledge base");
  }
  return {
    name: `${baseUrl}, ${held.join(" and ") || "no app"}`,
    hint: 'The steps generate a few short answers, as the user "dify-dual-start".',
    apps,
    missing: { app: missingApp, knowledge: "DIFY_DATASET_API_KEY and DIFY_DATASET_ID are not both set" },
    close() {},
  };
}

/** A kind of app with its article. */
function named(mode) {
  return `${mode.startsWith("a") ? "an" : "a"} ${mode} app`;
}

module.exports = { openTarget, named };
