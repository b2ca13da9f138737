import { DifyApi } from "../lib/api/base";
import { ChatApi } from "../lib/api/chat";
import { CompletionApi } from "../lib/api/completion";
import { KnowledgeBaseApi } from "../lib/api/knowledge-base";
import { WorkflowApi } from "../lib/api/workflow";
import { WorkspaceApi } from "../lib/api/workspace";
import type { ClientOptions, KnowledgeBaseOptions } from "../lib/core/options";
import { syncFamily } from "./family";

const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

/** Options of a blocking client. */
export type SyncClientOptions = ClientOptions<"sync">;
/** Options of a blocking knowledge base client. */
export type SyncKnowledgeBaseClientOptions = KnowledgeBaseOptions<"sync">;

/** The methods that every client has; each blocks. All blocking clients are `instanceof` it. Python's `DifyClient`. */
export class DifyClient extends DifyApi<"sync"> {
  // Python's hierarchy: every blocking client is a DifyClient. A subclass keeps the ordinary rule.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBase(this) ? DifyApi.isOfFamily(value, "sync") : ordinaryHasInstance.call(this, value);
  }

  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | SyncClientOptions) {
    super(syncFamily, apiKey, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}

// Outside of the class: where a class mentions itself, esbuild gives it another name.
function isBase(called: unknown): boolean {
  return called === DifyClient;
}

/** A completion app; each method blocks. Python's `CompletionClient`. */
export class CompletionClient extends CompletionApi<"sync"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | SyncClientOptions) {
    super(syncFamily, apiKey, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}

/** A chat app (chat, agent, chatflow); each method blocks. Python's `ChatClient`. */
export class ChatClient extends ChatApi<"sync"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | SyncClientOptions) {
    super(syncFamily, apiKey, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}

/** A workflow app; each method blocks. Python's `WorkflowClient`. */
export class WorkflowClient extends WorkflowApi<"sync"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | SyncClientOptions) {
    super(syncFamily, apiKey, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}

/** The workspace; each method blocks. Python's `WorkspaceClient`. */
export class WorkspaceClient extends WorkspaceApi<"sync"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | SyncClientOptions) {
    super(syncFamily, apiKey, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}

/** Knowledge bases, with a knowledge key; each method blocks. Python's `KnowledgeBaseClient`. */
export class KnowledgeBaseClient extends KnowledgeBaseApi<"sync"> {
  /**
   * `apiKey` defaults to `DIFY_DATASET_API_KEY`, then `DIFY_API_KEY`. A string as second argument is the base URL if it
   * is a URL, else the dataset id.
   */
  constructor(
    apiKey?: string | null,
    datasetIdOrBaseUrlOrOptions?: string | null | SyncKnowledgeBaseClientOptions,
    options?: SyncKnowledgeBaseClientOptions,
  ) {
    super(syncFamily, apiKey, datasetIdOrBaseUrlOrOptions, options);
  }

  /** Drops the connections; streams under way fail. May be called twice. */
  close(): void {
    this.shutDown();
  }

  [Symbol.dispose](): void {
    this.shutDown();
  }
}
