import { AsyncChatClient, AuthenticationError, ChatClient } from "dify-dual";
import { startFakeDify } from "dify-dual/testing";
import { test } from "vitest";
import { exercise } from "./exercise.cjs";

test(
  "both families",
  () => exercise({ AsyncChatClient, AuthenticationError, ChatClient, startFakeDify }),
  30_000,
);
