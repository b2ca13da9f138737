import { Host } from "./host";
import type { Call, Reply } from "./process-link";
import type { FromHost, ToHost } from "./protocol";
import { parseText, toText } from "./text-codec";

// What sync-rpc loads in its child process. It writes nothing to stdout, which is the parent's.

function serve(): (message: string) => Promise<string> {
  let inbox: FromHost[] = [];
  let activity = 0;
  let wake: (() => void) | null = null;
  const host = new Host(
    (message) => {
      inbox.push(message);
      wake?.();
    },
    () => {
      activity++;
    },
  );
  return async (text) => {
    const { hold, messages } = JSON.parse(text) as Call;
    for (const message of parseText(messages) as ToHost[]) host.receive(message);
    if (inbox.length === 0 && hold > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, hold);
        wake = () => {
          clearTimeout(timer);
          // At the end of this turn, so that all that came in it goes along.
          setImmediate(resolve);
        };
      });
      wake = null;
    }
    const outbox = inbox;
    inbox = [];
    return JSON.stringify({ messages: toText(outbox), activity } satisfies Reply);
  };
}

module.exports = serve;
