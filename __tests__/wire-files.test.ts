import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Readable } from "node:stream";
import { type RecordedPart, type Recorder, startRecorder } from "./helpers/recorder";
import {
  type AnyClient,
  asyncFamily,
  type FamilyName,
  type FamilyUnderTest,
  processFamily,
  syncFamily,
} from "./helpers/recorder-families";

/** A form of the argument, as it is made for each call, and the part that must come of it. */
interface Form {
  title: string;
  families: FamilyName[];
  make: () => unknown;
  filename: string;
  contentType: string;
  bytes: Buffer;
}

const folder = fs.mkdtempSync(path.join(tmpdir(), "dify-dual-files-"));
// In memory of its own: what else lies in Node's pool of small buffers changes all the time.
const text = Buffer.from(
  Uint8Array.from(Buffer.from("größe, 日本語\r\n--dify-dual-\r\n\0\xff", "latin1")).buffer,
);
const big = Buffer.alloc(5 * 1024 * 1024 + 3, "0123456789abcdefg");
const nothing = Buffer.alloc(0);
const put = (name: string, bytes: Buffer) => {
  fs.writeFileSync(path.join(folder, name), bytes);
  return path.join(folder, name);
};
const textPath = put("nötes 1.txt", text);
const bigPath = put("big.bin", big);
const emptyPath = put("empty.md", nothing);
const closers: (() => unknown)[] = [];

const view = () => {
  const larger = new Uint8Array(text.length + 20).fill(7);
  larger.set(text, 9);
  return larger.subarray(9, 9 + text.length);
};
const arrayBuffer = (bytes: Buffer) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
const file = (bytes: Buffer, name: string, type?: string) => new File([bytes], name, type ? { type } : {});
async function* pieces(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}
const handle = async (name: string) => {
  const opened = await open(name);
  closers.push(() => opened.close());
  return opened;
};
const descriptor = (name: string) => {
  const fd = fs.openSync(name, "r");
  closers.push(() => fs.closeSync(fd));
  return { fd };
};

const ALL: FamilyName[] = ["async", "sync", "process"];
const THREADS: FamilyName[] = ["async", "sync"];
const ASYNC: FamilyName[] = ["async"];
const BLOCKING: FamilyName[] = ["sync", "process"];
const OCTETS = "application/octet-stream";

const forms: Form[] = [];
const form = (
  families: FamilyName[],
  title: string,
  make: () => unknown,
  filename: string,
  contentType: string,
  bytes: Buffer = text,
) => void forms.push({ title, families, make, filename, contentType, bytes });

form(ALL, "Buffer", () => text, "upload", OCTETS);
form(ALL, "Uint8Array within a larger one", view, "upload", OCTETS);
form(ALL, "DataView", () => new DataView(arrayBuffer(text) as ArrayBuffer), "upload", OCTETS);
form(ALL, "ArrayBuffer", () => arrayBuffer(text), "upload", OCTETS);
form(ALL, "empty Buffer", () => nothing, "upload", OCTETS, nothing);
form(ALL, "5 MB Buffer", () => big, "upload", OCTETS, big);
form(ALL, "{ path }", () => ({ path: textPath }), "nötes 1.txt", "text/plain");
form(ALL, "{ path } of an empty file", () => ({ path: emptyPath }), "empty.md", "text/markdown", nothing);
form(ALL, "{ path } of 5 MB", () => ({ path: bigPath }), "big.bin", OCTETS, big);
form(THREADS, "Blob", () => new Blob([text]), "upload", OCTETS);
form(THREADS, "Blob with a type", () => new Blob([text], { type: "text/csv" }), "upload", "text/csv");
form(THREADS, "File", () => file(text, "a.txt"), "a.txt", "text/plain");
form(THREADS, "File with a type", () => file(text, "a.txt", "audio/mp3"), "a.txt", "audio/mp3");
form(THREADS, "empty File", () => file(nothing, "a.pdf"), "a.pdf", "application/pdf", nothing);
form(THREADS, "5 MB Blob", () => new Blob([big]), "upload", OCTETS, big);
form(BLOCKING, "{ fd }", () => descriptor(textPath), "upload", OCTETS);
form(BLOCKING, "{ fd } of an empty file", () => descriptor(emptyPath), "upload", OCTETS, nothing);
form(
  BLOCKING,
  "{ fd } of 5 MB with a name",
  () => ["a.mp3", descriptor(bigPath)],
  "a.mp3",
  "audio/mpeg",
  big,
);
form(ASYNC, "fs.ReadStream", () => fs.createReadStream(textPath), "nötes 1.txt", "text/plain");
form(ASYNC, "fs.ReadStream of 5 MB", () => fs.createReadStream(bigPath), "big.bin", OCTETS, big);
form(ASYNC, "Readable", () => Readable.from(pieces(big)), "upload", OCTETS, big);
form(
  ASYNC,
  "Readable of strings",
  () => Readable.from(["grö", "ße"]),
  "upload",
  OCTETS,
  Buffer.from("größe"),
);
form(ASYNC, "empty Readable", () => Readable.from([]), "upload", OCTETS, nothing);
form(ASYNC, "web ReadableStream", () => new Blob([text]).stream(), "upload", OCTETS);
form(ASYNC, "FileHandle", () => handle(textPath), "upload", OCTETS);
form(
  ASYNC,
  "FileHandle with a name",
  async () => ["a.json", await handle(bigPath)],
  "a.json",
  "application/json",
  big,
);

const NAMED: [title: string, content: () => unknown, families: FamilyName[], bytes?: Buffer][] = [
  ["Buffer", () => text, ALL],
  ["text", () => "größe, 日本語", ALL, Buffer.from("größe, 日本語")],
  ["no text", () => "", ALL, nothing],
  ["{ path }", () => ({ path: bigPath }), ALL, big],
  ["File", () => file(text, "other.pdf"), THREADS],
  ["Readable", () => Readable.from(pieces(text)), ASYNC],
  ["fs.ReadStream", () => fs.createReadStream(textPath), ASYNC],
];
for (const [title, content, families, bytes = text] of NAMED) {
  form(families, `[name, ${title}]`, () => ["pic.png", content()], "pic.png", "image/png", bytes);
  form(
    families,
    `[name, ${title}, mime]`,
    () => ["p", content(), "text/x-a; q=1"],
    "p",
    "text/x-a; q=1",
    bytes,
  );
}
form(ALL, "[name, Buffer, undefined]", () => ["a.html", text, undefined], "a.html", "text/html");
form(ALL, "[name, Buffer, null]", () => ["a.zzz", text, null], "a.zzz", OCTETS);
form(THREADS, "[name, File with a type]", () => ["a", file(text, "b", "text/csv")], "a", "text/csv");

const NAMES = [
  'quo"te".txt',
  "back\\slash.txt",
  "sla/sh/es.txt",
  "../../up.txt",
  "/",
  " ",
  "日本語 🙂.txt",
  "per%20cent.txt",
  "a;b=c; filename=d.txt",
  '"; name="evil',
  "\u2028\u0085.txt",
  "'single'.txt",
  `${"long".repeat(500)}.txt`,
];
for (const name of NAMES) {
  const type = name.endsWith(".txt") ? "text/plain" : OCTETS;
  form(ALL, `a file called ${name.slice(0, 30)}`, () => [name, text], name, type);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

describe.each([
  ["async", asyncFamily],
  ["sync", syncFamily],
  ["process", processFamily],
] as const)("files on the wire, %s", (name, load) => {
  let family: FamilyUnderTest;
  let recorder: Recorder;
  let client: AnyClient;
  let chat: AnyClient;
  let knowledge: AnyClient;

  beforeAll(async () => {
    recorder = await startRecorder();
    family = load();
    client = family.client("DifyClient", "key", { baseUrl: recorder.baseUrl });
    chat = family.client("ChatClient", "key", { baseUrl: recorder.baseUrl });
    knowledge = family.client("KnowledgeBaseClient", "key", { baseUrl: recorder.baseUrl, datasetId: "ds" });
  });

  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  afterAll(async () => {
    for (const one of [client, chat, knowledge]) await family.close(one);
    await recorder.stop();
  });

  async function partsOf(): Promise<RecordedPart[]> {
    const [record, ...more] = await recorder.take();
    expect(more).toEqual([]);
    expect(record?.parts?.filter((part) => part.fault)).toEqual([]);
    return record?.parts ?? [];
  }

  const escaped = (text: string) => text.replace(/\\/g, "\\\\").replace(/"/g, "%22");

  test.each(forms.filter((f) => f.families.includes(name)).map((f) => [f.title, f] as const))(
    "%s",
    async (_, { make, filename, contentType, bytes }) => {
      const value = await make();
      const before = ArrayBuffer.isView(value) ? sha256(Buffer.from(value.buffer)) : "";
      await family.call(client, "fileUpload", { user: "me", files: { file: value } });
      const [user, sent, ...more] = await partsOf();
      expect(more).toEqual([]);
      expect(user).toMatchObject({ name: "user", filename: null, contentType: null, base64: "bWU=" });
      expect(sent).toMatchObject({
        name: "file",
        filename,
        contentType,
        size: bytes.length,
        sha256: sha256(bytes),
      });
      expect(sent?.rawHeaders).toEqual([
        `Content-Disposition: form-data; name="file"; filename="${escaped(filename)}"`,
        `Content-Type: ${contentType}`,
      ]);
      // What the caller owns stays as it was.
      expect(ArrayBuffer.isView(value) ? sha256(Buffer.from(value.buffer)) : "").toBe(before);
    },
  );

  test("a content of known size goes with a length, and a stream in chunks", async () => {
    await family.call(client, "fileUpload", "me", { file: { path: bigPath } });
    const [sized] = await recorder.take();
    expect(sized?.headers["content-length"]).toBe(String(sized?.size));
    if (name !== "async") return;
    await family.call(client, "fileUpload", "me", { file: Readable.from(pieces(big)) });
    const [streamed] = await recorder.take();
    expect(streamed?.headers["transfer-encoding"]).toBe("chunked");
  });

  test("the other methods that take files", async () => {
    const expected = { name: "file", filename: "a.txt", contentType: "text/plain", sha256: sha256(text) };
    await family.call(chat, "audioToText", { user: "me", audio_file: ["a.txt", text] });
    expect(await partsOf()).toMatchObject([{ name: "user" }, expected]);
    await family.call(knowledge, "uploadPipelineFile", { file_path: ["a.txt", text] });
    expect(await partsOf()).toMatchObject([expected]);
    await family.call(knowledge, "createDocumentByFile", { file_path: ["a.txt", text] });
    expect(await partsOf()).toMatchObject([{ name: "data", filename: null, contentType: null }, expected]);
    await family.call(knowledge, "updateDocumentByFile", { document_id: "d", file_path: ["a.txt", text] });
    expect(await partsOf()).toMatchObject([{ name: "data" }, expected]);
    for (const file_path of [textPath, { path: textPath }]) {
      await family.call(knowledge, "updateDocumentByFile", { document_id: "d", file_path });
      expect(await partsOf()).toMatchObject([{ name: "data" }, { ...expected, filename: "nötes 1.txt" }]);
    }
  });

  test("the path of a file is taken from the caller's working directory", async () => {
    const here = process.cwd();
    process.chdir(folder);
    try {
      await family.call(knowledge, "uploadPipelineFile", { file_path: "nötes 1.txt" });
    } finally {
      process.chdir(here);
    }
    expect(await partsOf()).toMatchObject([{ filename: "nötes 1.txt", sha256: sha256(text) }]);
  });

  test("fields carry whatever text they are given, and no name breaks out of its header", async () => {
    const user = 'a\r\n--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n"日本語\0';
    const extraBody = {
      'q"; filename="x': "1",
      "日 本/": { deep: [true, null] },
      nothing: null,
      number: 1.5,
    };
    await family.call(client, "fileUpload", { user, files: { file: text } }, { extraBody });
    const parts = await partsOf();
    const base64 = (value: string) => Buffer.from(value).toString("base64");
    expect(parts.map((part) => [part.name, part.filename, part.base64])).toEqual([
      ["user", null, base64(user)],
      ['q"; filename="x', null, base64("1")],
      ["日 本/", null, base64('{"deep":[true,null]}')],
      ["number", null, base64("1.5")],
      ["file", "upload", text.toString("base64")],
    ]);
  });

  if (name !== "async") {
    test("what cannot reach the bridge is refused before anything is sent", async () => {
      const backed = await fs.openAsBlob(textPath);
      const refused: unknown[] = [backed, ["a.txt", backed]];
      if (name === "process") refused.push(new Blob([text]), file(text, "a.txt"));
      for (const value of refused) {
        const call = family.call(client, "fileUpload", { user: "me", files: { file: value } });
        await expect(call).rejects.toBeInstanceOf(family.exports.ValidationError);
        await expect(call).rejects.toMatchObject({
          operation: "fileUpload",
          message: expect.stringMatching(/^fileUpload: .*file.* Blob.*pass a Buffer or \{ path \}/),
        });
      }
      expect(await recorder.take()).toEqual([]);
    });

    test("a descriptor that is closed, and one of a folder", async () => {
      const { fd } = descriptor(folder);
      const gone = fs.openSync(textPath, "r");
      fs.closeSync(gone);
      for (const bad of [fd, gone, 2 ** 30]) {
        const call = family.call(client, "fileUpload", { user: "me", files: { file: { fd: bad } } });
        await expect(call).rejects.toBeInstanceOf(family.exports.DifyClientError);
      }
      expect((await recorder.take()).filter((record) => record.kind === "multipart")).toEqual([]);
    });
  } else {
    test("a file handle stays open and the caller's", async () => {
      const opened = await handle(textPath);
      await family.call(client, "fileUpload", { user: "me", files: { file: opened } });
      expect((await opened.stat()).size).toBe(text.length);
      await recorder.take();
    });

    test("a stream that has nothing more to give is refused instead of sent as an empty file", async () => {
      const read = Readable.from(["x"]);
      for await (const _ of read);
      const locked = new Blob(["x"]).stream();
      locked.getReader();
      const closed = await open(textPath);
      await closed.close();
      for (const spent of [read, Readable.from(["x"]).destroy(), locked, closed, ["a.txt", closed]]) {
        const call = family.call(client, "fileUpload", { user: "me", files: { file: spent } });
        await expect(call).rejects.toBeInstanceOf(family.exports.ValidationError);
        await expect(call).rejects.toMatchObject({
          message: expect.stringContaining("read, locked or closed"),
        });
      }
      expect(await recorder.take()).toEqual([]);
    });

    test("a file that cannot be read to its end is no network failure", async () => {
      const broken = async function* () {
        yield text;
        throw new Error("disk on fire");
      };
      const none = () => fs.createReadStream(path.join(folder, "none"));
      for (const make of [() => Readable.from(broken()), none]) {
        const call = family.call(client, "fileUpload", { user: "me", files: { file: make() } });
        await expect(call).rejects.toBeInstanceOf(family.exports.FileUploadError);
      }
      expect(await recorder.take()).toEqual([]);
    });

    test("a stream that fails before the connection stands fails the call, not the process", async () => {
      const fresh = family.client("DifyClient", "key", { baseUrl: recorder.baseUrl });
      const early = new Readable({ read() {} });
      const call = family.call(fresh, "fileUpload", { user: "me", files: { file: early } });
      early.destroy(new Error("too early"));
      await expect(call).rejects.toBeInstanceOf(family.exports.FileUploadError);
      await family.close(fresh);
      expect(await recorder.take()).toEqual([]);
    });
  }
});

afterAll(() => fs.rmSync(folder, { recursive: true }));
