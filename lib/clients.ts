import { DifyApi } from "./api/base";
import { ChatApi } from "./api/chat";
import { CompletionApi } from "./api/completion";
import { KnowledgeBaseApi } from "./api/knowledge-base";
import { WorkflowApi } from "./api/workflow";
import { WorkspaceApi } from "./api/workspace";
import type { ClientOptions, KnowledgeBaseOptions } from "./core/options";
import { asyncFamily } from "./http/family";

const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];

/** Options of an async client. */
export type AsyncClientOptions = ClientOptions<"async">;
/** Options of an async knowledge base client. */
export type AsyncKnowledgeBaseClientOptions = KnowledgeBaseOptions<"async">;

/** The methods that every client has; each returns a promise. All async clients are `instanceof` it. Python's `AsyncDifyClient`. */
export class AsyncDifyClient extends DifyApi<"async"> {
  // Python's hierarchy: every async client is an AsyncDifyClient. A subclass keeps the ordinary rule.
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isBase(this) ? DifyApi.isOfFamily(value, "async") : ordinaryHasInstance.call(this, value);
  }

  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | AsyncClientOptions) {
    super(asyncFamily, apiKey, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}

// Outside of the class: where a class mentions itself, esbuild gives it another name.
function isBase(called: unknown): boolean {
  return called === AsyncDifyClient;
}

/** A completion app; each method returns a promise. Python's `AsyncCompletionClient`. */
export class AsyncCompletionClient extends CompletionApi<"async"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | AsyncClientOptions) {
    super(asyncFamily, apiKey, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}

/** A chat app (chat, agent, chatflow); each method returns a promise. Python's `AsyncChatClient`. */
export class AsyncChatClient extends ChatApi<"async"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | AsyncClientOptions) {
    super(asyncFamily, apiKey, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}

/** A workflow app; each method returns a promise. Python's `AsyncWorkflowClient`. */
export class AsyncWorkflowClient extends WorkflowApi<"async"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | AsyncClientOptions) {
    super(asyncFamily, apiKey, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}

/** The workspace; each method returns a promise. Python's `AsyncWorkspaceClient`. */
export class AsyncWorkspaceClient extends WorkspaceApi<"async"> {
  /** `apiKey` defaults to `DIFY_API_KEY`. A string as second argument is the base URL. */
  constructor(apiKey?: string | null, options?: string | AsyncClientOptions) {
    super(asyncFamily, apiKey, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}

/** Knowledge bases, with a knowledge key; each method returns a promise. Python's `AsyncKnowledgeBaseClient`. */
export class AsyncKnowledgeBaseClient extends KnowledgeBaseApi<"async"> {
  /**
   * `apiKey` defaults to `DIFY_DATASET_API_KEY`, then `DIFY_API_KEY`. A string as second argument is the base URL if it
   * is a URL, else the dataset id.
   */
  constructor(
    apiKey?: string | null,
    datasetIdOrBaseUrlOrOptions?: string | null | AsyncKnowledgeBaseClientOptions,
    options?: AsyncKnowledgeBaseClientOptions,
  ) {
    super(asyncFamily, apiKey, datasetIdOrBaseUrlOrOptions, options);
  }

  /** Drops the connections; requests and streams under way fail. May be called twice. */
  aclose(): Promise<void> {
    return this.shutDown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutDown();
  }
}
