const { AuthenticationError, ChatClient } = require("dify-dual/sync");
const { AsyncChatClient } = require("dify-dual/async");
const { startFakeDify } = require("dify-dual/testing");
const { exercise } = require("./exercise.cjs");

exercise({ AsyncChatClient, AuthenticationError, ChatClient, startFakeDify }).then(() => console.log("done"));
