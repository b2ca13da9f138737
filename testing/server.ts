import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { annotationRoutes } from "./annotations";
import { appRoutes, VERSION } from "./app";
import { audioRoutes } from "./audio";
import { type Answer, Call } from "./call";
import { chatRoutes } from "./chat";
import { completionRoutes } from "./completion";
import { conversationRoutes } from "./conversations";
import { datasetRoutes } from "./datasets";
import { documentUploadRoutes } from "./document-upload";
import { documentRoutes } from "./documents";
import { downloadRoutes, serveSigned } from "./downloads";
import { NOT_FOUND_HTML, Refusal, refuse } from "./errors";
import { fileRoutes } from "./files";
import { humanInputRoutes } from "./human-input";
import { messageRoutes } from "./messages";
import { metadataRoutes } from "./metadata";
import { modelRoutes } from "./models";
import { pipelineRoutes } from "./pipeline";
import { dumps, str } from "./python";
import { retrievalRoutes } from "./retrieval";
import { type Route, Router } from "./router";
import { runEventRoutes } from "./run-events";
import { segmentRoutes } from "./segments";
import { writeRefusedStream, writeStream } from "./sse";
import type { State } from "./state";
import { tagRoutes } from "./tags";
import { workflowRoutes } from "./workflow";

const ROUTES: Route[] = [
  ...appRoutes,
  ...annotationRoutes,
  ...audioRoutes,
  ...completionRoutes,
  ...chatRoutes,
  ...conversationRoutes,
  ...fileRoutes,
  ...humanInputRoutes,
  ...messageRoutes,
  ...workflowRoutes,
  ...runEventRoutes,
  ...datasetRoutes,
  ...tagRoutes,
  ...documentUploadRoutes,
  ...documentRoutes,
  ...downloadRoutes,
  ...retrievalRoutes,
  ...metadataRoutes,
  ...pipelineRoutes,
  // Last, because of the sentence about similar addresses: of several that look the same, it names the last.
  ...segmentRoutes,
  ...modelRoutes,
];

/** Every answer has these. */
const COMMON_HEADERS = { "X-Version": VERSION, "X-Env": "PRODUCTION" };
/** A matched route's answers also allow other origins. */
const ROUTE_HEADERS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "X-Env, X-Trace-Id, X-Version",
};
const DEFAULT_USER = "DEFAULT-USER";

/** The HTTP server over a state; the caller lets it listen and closes it. */
export function createFakeServer(state: State): Server {
  const router = new Router(ROUTES);
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    serve(state, router, request, response, gone.signal).catch((error: unknown) => {
      // A client that breaks off while it uploads is no mistake.
      if (gone.signal.aborted || request.destroyed) return;
      // A mistake of the fake itself: seen as a crash of the server, and told on stderr.
      console.error("dify-dual/testing: the fake Dify server failed", error);
      if (response.headersSent) response.destroy();
      else write(response, refuse.crash(), {});
    });
  });
  // A client may think as long as it likes between two requests.
  server.keepAliveTimeout = 60_000;
  return server;
}

async function serve(
  state: State,
  router: Router,
  request: IncomingMessage,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  const [path = "", search = ""] = (request.url ?? "").split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const signed = request.method === "GET" ? serveSigned(state, path, query) : undefined;
  if (signed) return send(response, signed, gone);
  const matched = path.startsWith("/v1/")
    ? router.match(request.method ?? "GET", path.slice(3))
    : "no such path";
  if (matched === "no such path") return write(response, refuse.noRoute(), {});
  if (matched === "wrong method") return write(response, refuse.wrongMethod(), {});
  const call = new Call(state, request, path, query, matched.params, gone);
  try {
    authenticate(call, matched.route);
    await identify(call, matched.route);
    const answer = await matched.route.handler(call);
    await send(response, answer, gone);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const help = error.status === 404 && error.kind === "usual" ? router.suggestion(path) : "";
    write(response, error, ROUTE_HEADERS, help);
  }
}

/** Finds the app of the key, or checks the knowledge key. */
function authenticate(call: Call, route: Route): void {
  if (route.key === "none") return;
  const header = call.request.headers.authorization ?? "";
  const match = /^(\S+)\s+(\S.*)$/s.exec(header);
  if (!match) throw refuse.noKey();
  const [, scheme = "", token = ""] = match;
  if (scheme.toLowerCase() !== "bearer") throw refuse.wrongScheme();
  if (route.key === "dataset") {
    if (token.trim() !== call.state.keys.dataset) throw refuse.wrongKey();
    return;
  }
  const app = call.state.apps.find((candidate) => candidate.key === token.trim());
  if (!app) throw refuse.wrongKey();
  call.app = app;
}

/** Finds the user that the request names; one who is not named is the app's default user. */
async function identify(call: Call, route: Route): Promise<void> {
  if (route.key !== "app") return;
  let name: unknown;
  if (route.user?.from === "query") name = call.query.get("user");
  else if (route.user?.from === "json") name = (await call.json()).user;
  else if (route.user?.from === "form") name = (await call.form()).fields.user;
  const missing = name === undefined || name === null || name === "" || name === 0 || name === false;
  if (missing && route.user?.required) throw refuse.noUser();
  if (route.user) call.user = call.state.endUser(call.app, missing ? DEFAULT_USER : str(name));
}

async function send(response: ServerResponse, answer: Answer, gone: AbortSignal): Promise<void> {
  const headers = { ...COMMON_HEADERS, ...ROUTE_HEADERS, Vary: "Cookie" };
  switch (answer.kind) {
    case "empty":
      response.writeHead(204, { "Content-Type": "application/json", ...headers }).end();
      return;
    case "json": {
      const body = Buffer.from(dumps(answer.value) + (answer.generated ? "" : "\n"));
      const type = answer.generated ? "application/json; charset=utf-8" : "application/json";
      response.writeHead(answer.status, { "Content-Type": type, "Content-Length": body.length, ...headers });
      response.end(body);
      return;
    }
    case "bytes":
      response.writeHead(200, {
        ...answer.headers,
        ...(answer.chunked ? {} : { "Content-Length": answer.body.length }),
        ...headers,
      });
      // Written and ended apart, a body without a length is sent in chunks.
      if (answer.chunked) response.write(answer.body);
      response.end(answer.chunked ? undefined : answer.body);
      return;
    case "stream":
      response.writeHead(200, {
        ...answer.headers,
        "Content-Type": "text/event-stream; charset=utf-8",
        ...headers,
      });
      return writeStream(response, answer, gone);
    case "refused stream":
      response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8", ...headers });
      return writeRefusedStream(response, answer.message, gone);
  }
}

/** Writes a refusal. */
function write(response: ServerResponse, refusal: Refusal, headers: Record<string, string>, help = ""): void {
  const html = refusal.kind === "html";
  const body = refusal.body;
  if (help !== "") body.message = `${refusal.message.replace(/\.+$/, "")}.${help}`;
  const text = Buffer.from(html ? NOT_FOUND_HTML : `${dumps(body)}\n`);
  response.writeHead(refusal.status, {
    "Content-Type": html ? "text/html; charset=utf-8" : "application/json",
    "Content-Length": text.length,
    ...(refusal.status === 401 ? { "WWW-Authenticate": 'Bearer realm="api"' } : {}),
    ...headers,
    ...COMMON_HEADERS,
    Vary: "Cookie",
  });
  response.end(text);
}
