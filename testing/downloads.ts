import { createHmac, randomBytes } from "node:crypto";
import { type Answer, type Call, json } from "./call";
import { inPath } from "./documents";
import { refuse } from "./errors";
import type { Route } from "./router";
import { list, required, text } from "./schema";
import { now, type State } from "./state";
import { zip } from "./zip";

/** An address as Dify signs it, which serves the file to whoever has it, without a key. */
export function signedUrl(call: Call, id: string): string {
  const host = call.request.headers.host ?? "127.0.0.1";
  const nonce = randomBytes(16).toString("hex");
  const timestamp = String(now());
  const sign = encodeURIComponent(signature(call.state, id, timestamp, nonce));
  return `http://${host}/files/${id}/file-preview?timestamp=${timestamp}&nonce=${nonce}&sign=${sign}`;
}

function signature(state: State, id: string, timestamp: string, nonce: string): string {
  return createHmac("sha256", state.secret).update(`${id}|${timestamp}|${nonce}`).digest("base64");
}

/** What a signed address gives, or nothing for any other path. */
export function serveSigned(state: State, path: string, query: URLSearchParams): Answer | undefined {
  const id = /^\/files\/([0-9a-f-]{36})\/file-preview$/.exec(path)?.[1];
  if (id === undefined) return undefined;
  const wanted = signature(state, id, query.get("timestamp") ?? "", query.get("nonce") ?? "");
  const file = state.files.get(id);
  const documents = [...state.knowledge.datasets.values()].flatMap((dataset) => dataset.documents);
  const document = documents.find(({ upload }) => upload.id === id);
  const found = file ?? (document && { ...document.upload, content: document.content });
  if (!found || query.get("sign") !== wanted) return undefined;
  const name = encodeURIComponent(found.name);
  const attached = query.get("as_attachment") === "true";
  return {
    kind: "bytes",
    body: found.content,
    headers: {
      "Content-Type": attached ? "application/octet-stream" : found.mimeType,
      ...(attached ? { "Content-Disposition": `attachment; filename*=UTF-8''${name}` } : {}),
    },
  };
}

function download(call: Call): Answer {
  const document = inPath(call);
  return json({ url: `${signedUrl(call, document.upload.id)}&as_attachment=true` });
}

async function downloadZip(call: Call): Promise<Answer> {
  const fields = { document_ids: required(list(text(), { min: 1 })) };
  const body = await call.payload("DocumentBatchDownloadZipPayload", fields);
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const documents = (body.document_ids as string[]).map((id) =>
    dataset.documents.find((one) => one.id === id),
  );
  const entries = documents.map((document) => {
    if (!document) throw refuse.notFound("Document not found.");
    return { name: document.upload.name, content: document.content };
  });
  return {
    kind: "bytes",
    body: zip(entries),
    headers: {
      "Content-Disposition": `attachment; filename=${randomBytes(16).toString("hex")}.zip`,
      "Content-Type": "application/zip",
      "Cache-Control": "no-cache",
    },
  };
}

const documents = "/datasets/<uuid:dataset_id>/documents";

export const downloadRoutes: Route[] = [
  { method: "GET", rule: `${documents}/<uuid:document_id>/download`, key: "dataset", handler: download },
  { method: "POST", rule: `${documents}/download-zip`, key: "dataset", handler: downloadZip },
];
