import { inspect } from "node:util";
import { AsyncDifyClient } from "../lib/clients";
import { DifyResponse } from "../lib/core/response";
import {
  APIError,
  AuthenticationError,
  BridgeError,
  DatasetError,
  DifyClientError,
  ERROR_CLASSES,
  errorFromResponse,
  FileUploadError,
  NetworkError,
  RateLimitError,
  StreamError,
  TimeoutError,
  ValidationError,
  WorkflowError,
} from "../lib/errors";
import { type Recorded, recordedExchanges } from "./support/recordings";

const WEB_PAGE = " with a web page: no such path, or an id of the wrong form";

const answer = (statusCode: number, body: string, headers: Record<string, string> = {}) =>
  new DifyResponse<unknown>({
    statusCode,
    headers,
    content: Buffer.from(body),
    url: "http://dify.test/v1/info",
  });

const json = (statusCode: number, body: unknown) =>
  answer(statusCode, JSON.stringify(body), { "content-type": "application/json" });

describe("every status", () => {
  const statuses = Array.from({ length: 300 }, (_, i) => 300 + i);
  const expected = (status: number, upload: boolean) => {
    if (status === 401) return AuthenticationError;
    if (status === 429) return RateLimitError;
    if (upload) return FileUploadError;
    return status === 422 ? ValidationError : APIError;
  };

  test.each([false, true])("from 300 to 599 has exactly one class (of an upload: %s)", (upload) => {
    for (const status of statuses) {
      const response = json(status, { code: "some_code", message: "said so", status });
      const error = errorFromResponse(response, { operation: "getAppInfo", upload, retryAfter: 5_000 });
      expect(error.constructor).toBe(expected(status, upload));
      expect(error.statusCode).toBe(status);
      expect(error.operation).toBe("getAppInfo");
      expect(error.response).toBe(response);
      if (status >= 400) expect(error).toMatchObject({ message: "said so", code: "some_code" });
      expect((error as RateLimitError).retryAfter).toBe(status === 429 ? 5_000 : undefined);
    }
  });

  test("is raised by raiseForStatus() from 300 on, and none below", () => {
    for (const status of [200, 201, 204, 299]) {
      const response = answer(status, "");
      expect(response.raiseForStatus()).toBe(response);
    }
    for (const status of statuses) expect(() => answer(status, "").raiseForStatus()).toThrow(DifyClientError);
  });
});

describe("the recorded failures", () => {
  const failures = recordedExchanges().filter(({ response }) => response.status >= 300);

  test("are there, of all kinds", () => {
    expect(failures.length).toBeGreaterThan(250);
    const statuses = new Set(failures.map(({ response }) => response.status));
    expect([...statuses].sort()).toEqual([400, 401, 403, 404, 405, 409, 412, 413, 415, 500]);
  });

  function raise({ request, response, label }: Recorded) {
    const headers = Object.fromEntries(response.headers.map(([name, value]) => [name.toLowerCase(), value]));
    return errorFromResponse(answer(response.status, response.body_text ?? "", headers), {
      operation: label,
      upload: request.multipart !== undefined,
    });
  }

  test("become the class of their status, with the server's words and code", () => {
    for (const failure of failures) {
      const { name, request, response, label } = failure;
      const error = raise(failure);
      const text = response.body_text ?? "";
      const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, string>) : {};
      const type =
        response.status === 401
          ? AuthenticationError
          : request.multipart !== undefined
            ? FileUploadError
            : APIError;
      expect({
        name,
        type: error.constructor,
        statusCode: error.statusCode,
        code: error.code,
        message: error.message,
        operation: error.operation,
      }).toEqual({
        name,
        type,
        statusCode: response.status,
        code: body.code,
        message:
          body.message || body.error || `HTTP ${response.status}${text.startsWith("<") ? WEB_PAGE : ""}`,
        operation: label,
      });
      expect(error.response?.text).toBe(text);
    }
  });

  test.each<[string, string, object]>([
    [
      "a wrong key",
      "errors/auth.json [0]",
      {
        name: "AuthenticationError",
        statusCode: 401,
        code: "unauthorized",
        message: "Authorization header must be provided and start with 'Bearer'",
      },
    ],
    [
      "a disabled API",
      "errors/auth.json [8]",
      {
        name: "APIError",
        statusCode: 403,
        code: "forbidden",
        message: "The app's API service has been disabled.",
      },
    ],
    [
      "refused segments, which have no message",
      "segments/crud.json [3]",
      {
        name: "APIError",
        statusCode: 400,
        message: expect.stringContaining("1 validation error for SegmentCreatePayload"),
      },
    ],
    [
      "a malformed id, answered with HTML",
      "annotations/crud.json [19]",
      { name: "APIError", statusCode: 404, message: `HTTP 404${WEB_PAGE}` },
    ],
    [
      "a failure of the server",
      "annotations/crud.json [20]",
      { name: "APIError", statusCode: 500, code: "unknown", message: "Internal Server Error" },
    ],
    [
      "a refused file type",
      "files/upload.json [9]",
      {
        name: "FileUploadError",
        statusCode: 415,
        code: "unsupported_file_type",
        message: "File type not allowed.",
      },
    ],
    [
      "a file too large, with an empty message",
      "documents/by-file.json [23]",
      { name: "FileUploadError", statusCode: 413, code: "file_too_large", message: "HTTP 413" },
    ],
    [
      "a document of the wrong kind, with an empty message",
      "documents/by-file.json [12]",
      { name: "FileUploadError", statusCode: 400, code: "invalid_param", message: "HTTP 400" },
    ],
    [
      "a form that was submitted",
      "human-input/chatflow-approve.json [6]",
      { name: "APIError", statusCode: 412, code: "human_input_form_submitted" },
    ],
  ])("%s", (_name, at, fields) => {
    const failure = failures.find(({ name }) => name.startsWith(at));
    if (!failure) throw new Error(`${at} is gone`);
    expect(raise(failure)).toMatchObject(fields);
  });
});

describe("a body that is not Dify's", () => {
  const long = "x".repeat(100_000);

  test.each<[string, string, string, string | undefined]>([
    ["empty", "", "HTTP 500", undefined],
    ["white space", " \r\n ", "HTTP 500", undefined],
    ["plain text", "upstream is down\n", "HTTP 500: upstream is down", undefined],
    ["HTML", "\n <!doctype html><p>Bad Gateway", "HTTP 500 with a web page", undefined],
    ["XML", "<?xml version='1.0'?><error/>", "HTTP 500 with a web page", undefined],
    ["an array", '[{"message":"no"}]', 'HTTP 500: [{"message":"no"}]', undefined],
    ["null", "null", "HTTP 500: null", undefined],
    ["a number", "42", "HTTP 500: 42", undefined],
    ["a string", '"no"', 'HTTP 500: "no"', undefined],
    ["half of an object", '{"message":"no', 'HTTP 500: {"message":"no', undefined],
    ["an empty object", "{}", "HTTP 500", undefined],
    ["a null message", '{"message":null,"code":"x"}', "HTTP 500", "x"],
    ["a message that is no text", '{"message":{"a":1},"code":7}', "HTTP 500", undefined],
    ["an empty message and an error", '{"message":"","error":"because"}', "because", undefined],
    ["a detail", '{"detail":"Not Found"}', "Not Found", undefined],
    ["a list of details", '{"detail":[{"msg":"no"}]}', "HTTP 500", undefined],
    ["a byte order mark", '\ufeff{"message":"no"}', "no", undefined],
    ["__proto__", '{"__proto__":{"message":"polluted"},"message":"no"}', "no", undefined],
    ["only __proto__", '{"__proto__":{"message":"polluted","code":"polluted"}}', "HTTP 500", undefined],
    ["a message too long", JSON.stringify({ message: long }), `${long.slice(0, 2_000)}...`, undefined],
    ["a text too long", long, `HTTP 500: ${long.slice(0, 2_000)}...`, undefined],
  ])("%s", (_name, body, message, code) => {
    const error = errorFromResponse(answer(500, body));
    expect(error).toBeInstanceOf(APIError);
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
    expect(error.response?.content.toString()).toBe(body);
  });

  test("that is no UTF-8 raises all the same", () => {
    const response = new DifyResponse({
      statusCode: 502,
      headers: {},
      content: Buffer.from([0xff, 0xfe, 0x41]),
      url: "",
    });
    expect(errorFromResponse(response).message).toBe("HTTP 502: \ufffd\ufffdA");
  });
});

describe("a redirect", () => {
  test.each([
    ["to another host", "https://evil.test/v1/info?key=app-secret#x", "https://evil.test"],
    ["to another port", "http://dify.test:8080/", "http://dify.test:8080"],
    ["with a password in it", "https://me:password@evil.test/", "https://evil.test"],
    ["to a path", "/login?next=secret", "another path of the same server"],
    ["without a scheme", "//evil.test/secret", "another place"],
    ["to a name", "secret", "another place"],
    ["to a script", "javascript:secret()", "another place"],
    ["to a file", "file:///etc/secret", "another place"],
    ["to nothing", "", "an unnamed place"],
  ])("%s names no more than the origin", (_name, location, shown) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const error = errorFromResponse(answer(status, "<a href='secret'>secret</a>", { location }));
      expect(error.constructor).toBe(APIError);
      expect(error.message).toBe(`HTTP ${status}: a redirect to ${shown} was not followed`);
      expect(error.message).not.toMatch(/secret|password/);
    }
  });

  test("without a location says so", () => {
    expect(errorFromResponse(answer(302, "")).message).toContain("an unnamed place");
  });
});

describe("the classes", () => {
  const classes = Object.entries(ERROR_CLASSES);

  test("are Python's eleven and the two that Python lacks", () => {
    const { DifyClientError: _, ...rest } = ERROR_CLASSES;
    expect(Object.keys(ERROR_CLASSES).sort()).toEqual(
      [
        "APIError",
        "AuthenticationError",
        "BridgeError",
        "DatasetError",
        "DifyClientError",
        "FileUploadError",
        "NetworkError",
        "RateLimitError",
        "StreamError",
        "TimeoutError",
        "ValidationError",
        "WorkflowError",
      ].sort(),
    );
    for (const type of Object.values(rest)) expect(Object.getPrototypeOf(type)).toBe(DifyClientError);
  });

  test.each(classes)("%s is made from a message alone", (name, Type) => {
    const error = new Type("what happened");
    expect(error).toBeInstanceOf(Type);
    expect(error).toBeInstanceOf(DifyClientError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.message).toBe("what happened");
    expect(String(error)).toBe(`${name}: what happened`);
    expect(error.stack).toMatch(new RegExp(`^${name}: what happened\\n\\s+at .*errors\\.test`));
    expect(Object.keys(error)).toEqual([]);
    for (const field of ["cause", "response", "statusCode", "code", "retryAfter", "status"]) {
      expect(error).not.toHaveProperty(field);
    }
  });

  test.each(classes)("%s takes fields", (_name, Type) => {
    const cause = new Error("below");
    const response = answer(418, "tea");
    const fields = {
      statusCode: 418,
      code: "teapot",
      requestId: "r-1",
      operation: "getAppInfo",
      cause,
      response,
    };
    const error = new Type("what happened", fields);
    expect(error).toMatchObject({
      statusCode: 418,
      code: "teapot",
      requestId: "r-1",
      operation: "getAppInfo",
    });
    expect(error.cause).toBe(cause);
    expect(error.response).toBe(response);
    // A log of the error shows what happened, not the whole body.
    expect(Object.keys(error).sort()).toEqual(["code", "operation", "requestId", "statusCode"]);
    expect(inspect(error)).not.toContain("tea'");
  });

  test.each(classes)("%s is no other class", (_name, Type) => {
    const error = new Type("x");
    const kin = Object.values(ERROR_CLASSES).filter((Other) => error instanceof Other);
    expect(new Set(kin)).toEqual(new Set([DifyClientError, Type]));
  });

  test("fields that are undefined are left out, and others of a class stay its own", () => {
    expect(new APIError("x", { code: undefined, cause: undefined })).not.toHaveProperty("cause");
    expect(Object.keys(new APIError("x", { code: undefined, statusCode: 500 }))).toEqual(["statusCode"]);
    expect(new RateLimitError("x", { retryAfter: 0 }).retryAfter).toBe(0);
    expect(new StreamError("x", { status: 400 }).status).toBe(400);
    expect(new APIError("x", { cause: null }).cause).toBeNull();
  });

  test("a class of the user's own below one of them keeps its name and kind", () => {
    class QuotaError extends RateLimitError {
      override name = "QuotaError";
    }
    const error = new QuotaError("x", { retryAfter: 5 });
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.name).toBe("QuotaError");
    expect(error.retryAfter).toBe(5);
  });

  test("those that no answer causes have no status", () => {
    for (const Type of [
      NetworkError,
      TimeoutError,
      DatasetError,
      WorkflowError,
      BridgeError,
      ValidationError,
    ]) {
      expect(new Type("x").statusCode).toBeUndefined();
    }
  });
});

describe("through an interceptor, as users test", () => {
  // nock is an ES module, and wants what Node 20 has not yet.
  type Nock = typeof import("nock", { with: { "resolution-mode": "import" }}).default;
  let nock: Nock;
  let client: AsyncDifyClient;
  const origin = "http://dify.test";

  beforeAll(() => {
    const modern = Promise as unknown as { withResolvers?: () => unknown };
    modern.withResolvers ??= () => {
      let resolve: unknown;
      let reject: unknown;
      const promise = new Promise((...settle) => {
        [resolve, reject] = settle;
      });
      return { promise, resolve, reject };
    };
    nock = (require("nock") as { default: Nock }).default;
    nock.disableNetConnect();
    client = new AsyncDifyClient("app-key", { baseUrl: `${origin}/v1`, proxy: null, maxRetries: 0 });
  });

  afterEach(() => nock.cleanAll());

  afterAll(async () => {
    await client.aclose();
    nock.restore();
  });

  const caught = async (call: Promise<unknown>): Promise<DifyClientError> => {
    const error: unknown = await call.then(
      () => new Error("the call succeeded"),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DifyClientError);
    return error as DifyClientError;
  };

  test("an answer arrives, and the key with the request", async () => {
    const scope = nock(origin, { reqheaders: { authorization: "Bearer app-key" } })
      .get("/v1/info")
      .reply(200, { name: "app" }, { "x-trace-id": "t-1" });
    const response = await client.getAppInfo();
    expect(response.json().name).toBe("app");
    expect(response.requestId).toBe("t-1");
    expect(scope.isDone()).toBe(true);
  });

  test.each<[number, string]>([
    [400, "APIError"],
    [401, "AuthenticationError"],
    [403, "APIError"],
    [404, "APIError"],
    [422, "ValidationError"],
    [429, "RateLimitError"],
    [500, "APIError"],
    [503, "APIError"],
  ])("%d raises %s with all its fields", async (status, name) => {
    nock(origin)
      .get("/v1/info")
      .reply(
        status,
        { code: "some_code", message: "said so", status },
        { "x-trace-id": "t-2", "retry-after": "7" },
      );
    const error = await caught(client.getAppInfo());
    expect(error).toMatchObject({
      name,
      statusCode: status,
      code: "some_code",
      message: "said so",
      requestId: "t-2",
      operation: "getAppInfo",
    });
    expect(error.response?.json()).toEqual({ code: "some_code", message: "said so", status });
    expect((error as RateLimitError).retryAfter).toBe(status === 429 ? 7_000 : undefined);
  });

  test("a refused upload raises FileUploadError, but for 401 and 429", async () => {
    for (const [status, name] of [
      [413, "FileUploadError"],
      [422, "FileUploadError"],
      [401, "AuthenticationError"],
      [429, "RateLimitError"],
    ] as const) {
      nock(origin).post("/v1/files/upload").reply(status, { code: "no", message: "" });
      const error = await caught(client.fileUpload("u", { file: ["a.txt", "text", "text/plain"] }));
      expect(error).toMatchObject({
        name,
        statusCode: status,
        message: `HTTP ${status}`,
        operation: "fileUpload",
      });
    }
  });

  test("a redirect is not followed", async () => {
    nock(origin).get("/v1/info").reply(302, "", { location: "http://evil.test/?secret" });
    const followed = nock("http://evil.test").get(/.*/).reply(200, {});
    const error = await caught(client.getAppInfo());
    expect(error).toMatchObject({ name: "APIError", statusCode: 302 });
    expect(error.message).toContain("http://evil.test");
    expect(error.message).not.toContain("secret");
    expect(followed.isDone()).toBe(false);
  });

  test("with raiseErrors: false the answer comes whole, and raises when asked", async () => {
    nock(origin).get("/v1/info").reply(404, "<!doctype html>", { "content-type": "text/html" });
    const response = await client.getAppInfo({}, { raiseErrors: false });
    expect(response.statusCode).toBe(404);
    expect(response.isSuccess).toBe(false);
    expect(response.text).toBe("<!doctype html>");
    expect(() => response.raiseForStatus()).toThrow(new APIError(`HTTP 404${WEB_PAGE}`));
  });

  test("a broken connection raises NetworkError with its cause", async () => {
    nock(origin)
      .get("/v1/info")
      .replyWithError(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
    const error = await caught(client.getAppInfo());
    expect(error).toMatchObject({ name: "NetworkError", operation: "getAppInfo" });
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.statusCode).toBeUndefined();
  });
});
