import { Host } from "./host";
import type { FromHost, ToHost } from "./protocol";
import { MORE, parseText, toText } from "./text-codec";

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
  let begun = "";
  return async (piece) => {
    begun += piece.slice(1);
    if (piece.startsWith(MORE)) return "";
    const end = begun.indexOf("\n");
    const hold = Number(begun.slice(0, end));
    const messages = parseText(begun.slice(end + 1)) as ToHost[];
    begun = "";
    for (const message of messages) host.receive(message);
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
    return `${activity}\n${toText(outbox)}`;
  };
}

module.exports = serve;
