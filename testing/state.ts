import { randomBytes, randomUUID } from "node:crypto";
import type { Annotation } from "./annotations";
import { APP_KINDS, type App, createApp, isChat } from "./apps";
import type { Conversation, Message } from "./conversation-store";
import type { UploadedFile } from "./files";
import { Knowledge } from "./knowledge";
import type { FakeDifyKeys, FakeDifyOptions } from "./options";
import type { Run } from "./runs";

export type { App } from "./apps";

/** A user of an app, known by the name that the caller sends as `user`. */
export interface EndUser {
  id: string;
  appId: string;
  name: string;
  createdAt: Date;
}

/** An answer being written, which a stop request can end. */
export interface Task {
  id: string;
  stopped: boolean;
}

/** Everything the fake server remembers; gone when it is closed. */
export class State {
  readonly tenantId = randomUUID();
  /** The console account that owns everything seeded. */
  readonly accountId = randomUUID();
  /** Signs the addresses of files. */
  readonly secret = randomBytes(32);
  readonly apps: App[];
  readonly endUsers = new Map<string, EndUser>();
  readonly conversations = new Map<string, Conversation>();
  readonly messages = new Map<string, Message>();
  readonly runs = new Map<string, Run>();
  readonly files = new Map<string, UploadedFile>();
  readonly annotations: Annotation[] = [];
  readonly jobs = new Map<string, { action: string; asked: number }>();
  readonly tasks = new Map<string, Task>();
  readonly knowledge: Knowledge;

  constructor(
    readonly options: Required<Omit<FakeDifyOptions, "keys">>,
    readonly keys: FakeDifyKeys,
  ) {
    this.apps = APP_KINDS.map((kind) => createApp(kind, keys[kind]));
    this.knowledge = new Knowledge(this.accountId, options.pace * 10);
  }

  endUser(app: App, name: string): EndUser {
    const key = `${app.id} ${name}`;
    let user = this.endUsers.get(key);
    if (!user) {
      user = { id: randomUUID(), appId: app.id, name, createdAt: new Date() };
      this.endUsers.set(key, user);
    }
    return user;
  }

  openTask(): Task {
    const task = { id: randomUUID(), stopped: false };
    this.tasks.set(task.id, task);
    return task;
  }

  /** A chat app's conversation of this user, if it is one. */
  conversation(app: App, user: EndUser, id: string): Conversation | undefined {
    const found = this.conversations.get(id.toLowerCase());
    return found && isChat(app) && found.appId === app.id && found.userId === user.id ? found : undefined;
  }
}

export const now = (): number => Math.floor(Date.now() / 1000);

/** The time between two words, or before the first one. With 0 the others still get their turn. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms > 0) setTimeout(resolve, ms);
    else setImmediate(resolve);
  });
}
