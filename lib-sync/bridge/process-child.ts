import { Host } from "./host";
import type { FromHost, ToHost } from "./protocol";
import { parseText, toText } from "./text-codec";

// What sync-rpc loads in its child process. It writes nothing to stdout, which is the parent's.
const WATCH = 1_000;

/** A round trip: what the parent posted, and how long it waits for an answer. */
interface Call {
  readonly hold: number;
  readonly messages: string;
}

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
  endWithParent();
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
    return JSON.stringify({ messages: toText(outbox), activity });
  };
}

/** sync-rpc kills its child when the parent exits; a parent that is killed cannot do that. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, WATCH).unref();
}

module.exports = serve;
