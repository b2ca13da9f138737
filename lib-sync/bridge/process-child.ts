import { Host } from "./host";
import { MORE, pack, unpack } from "./parcel";
import { secret } from "./parent-watch";
import type { FromHost, ToHost } from "./protocol";
import { seal, unseal } from "./seal";

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
    // What comes in one turn goes together anyway.
    () => false,
  );
  let begun = "";
  return async (piece) => {
    begun += piece.slice(1);
    if (piece.startsWith(MORE)) return "";
    const text = begun;
    begun = "";
    const { number: hold, messages } = unpack(unseal(secret, "to the child", text));
    for (const message of messages) host.receive(message as ToHost);
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
    return seal(secret, "to the parent", pack({ number: activity, messages: outbox }));
  };
}

module.exports = serve;
