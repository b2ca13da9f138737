const { AsyncChatClient, AuthenticationError, ChatClient } = require("dify-dual");
const { startFakeDify } = require("dify-dual/testing");
const { exercise } = require("./exercise.cjs");

test(
  "both families",
  () => exercise({ AsyncChatClient, AuthenticationError, ChatClient, startFakeDify }),
  30_000,
);
