import { AsyncChatClient, AuthenticationError, ChatClient } from "dify-dual";
import { startFakeDify } from "dify-dual/testing";
import { exercise } from "./exercise.cjs";

exercise({ AsyncChatClient, AuthenticationError, ChatClient, startFakeDify }).then(() => console.log("done"));
