import { randomUUID } from "node:crypto";
import { type Answer, type Call, json } from "./call";
import type { ProcessRule } from "./chunks";
import { RETRIEVAL_MODEL } from "./datasets";
import { showDocument } from "./document-view";
import { inPath } from "./documents";
import { Refusal, refuse } from "./errors";
import { extensionOf, uploadedPart } from "./files";
import { type Dataset, type Document, indexingStatus } from "./knowledge";
import { isRecord } from "./python";
import type { Route } from "./router";
import * as schema from "./schema";
import { defaulted, type Fields, oneOf, optional, required, text, valid, validate } from "./schema";

const MODES = ["automatic", "custom", "hierarchical"];
const DOC_FORMS = ["text_model", "qa_model", "hierarchical_model"];
const EXTENSIONS =
  "txt markdown md mdx pdf html htm xlsx xls vtt properties doc docx csv eml msg pptx xml epub ppt".split(
    " ",
  );
const SIZE_LIMIT = 15 * 1024 * 1024;

const PROCESS_RULE: Fields = {
  mode: required(oneOf(MODES, "enum")),
  rules: optional(schema.dictionary),
};

const docForm = defaulted(
  valid((value) => DOC_FORMS.includes(value), "Invalid doc_form."),
  "text_model",
);

const TEXT_CREATE: Fields = {
  name: required(text()),
  text: required(text()),
  process_rule: optional(schema.nested(PROCESS_RULE)),
  original_document_id: optional(text()),
  doc_form: docForm,
  doc_language: defaulted(text(), "English"),
  indexing_technique: optional(text()),
  retrieval_model: optional(schema.nested(RETRIEVAL_MODEL)),
  embedding_model: optional(text()),
  embedding_model_provider: optional(text()),
};

const TEXT_UPDATE: Fields = {
  name: optional(text()),
  text: optional(text()),
  process_rule: optional(schema.nested(PROCESS_RULE)),
  doc_form: docForm,
  doc_language: defaulted(text(), "English"),
  retrieval_model: optional(schema.nested(RETRIEVAL_MODEL)),
};

/** The model that a new document's settings are checked against in the end, whatever they came in. */
const KNOWLEDGE_CONFIG: Fields = {
  indexing_technique: required(oneOf(["high_quality", "economy"])),
  process_rule: optional(schema.nested(PROCESS_RULE)),
};

async function createByText(call: Call): Promise<Answer> {
  const raw = await call.json();
  const body = validate("DocumentTextCreatePayload", TEXT_CREATE, raw);
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  if (!dataset.indexingTechnique && !body.indexing_technique)
    throw refuse.invalid("indexing_technique is required.");
  const uploadId = randomUUID();
  const info = { data_source_type: "upload_file", file_info_list: { file_ids: [uploadId] } };
  // What the dataset says does not count here: it has to be said again.
  validate("KnowledgeConfig", KNOWLEDGE_CONFIG, { ...withoutNull(raw), data_source: { info_list: info } });
  checkForm(dataset, String(body.doc_form));
  adopt(dataset, body);
  const document = call.state.knowledge.addDocument(dataset, {
    name: String(body.name),
    content: Buffer.from(String(body.text)),
    upload: { name: String(body.name), extension: "txt", mimeType: "text/plain" },
    rule: processRule(body),
    docForm: String(body.doc_form),
    docLanguage: String(body.doc_language),
  });
  return created(call, document);
}

async function createByFile(call: Call): Promise<Answer> {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const data = await dataPart(call);
  const technique = data.indexing_technique ?? dataset.indexingTechnique;
  if (!technique) throw refuse.invalid("indexing_technique is required.");
  const part = await uploadedPart(call, true);
  const filename = part.filename ?? "";
  const extension = extensionOf(filename);
  // The reasons are lost on the way: both refusals have an empty message.
  if (part.size > SIZE_LIMIT || !EXTENSIONS.includes(extension)) throw refuse.invalid("");
  const config = { ...withoutNull(data), indexing_technique: technique };
  validate("KnowledgeConfig", KNOWLEDGE_CONFIG, config);
  const form = String(data.doc_form ?? "text_model");
  if (!DOC_FORMS.includes(form)) throw refuse.invalid("Invalid doc_form.");
  checkForm(dataset, form);
  adopt(dataset, config);
  const document = call.state.knowledge.addDocument(dataset, {
    name: filename,
    content: part.content,
    upload: { name: filename, extension, mimeType: part.contentType ?? "" },
    rule: processRule(data),
    docForm: form,
    docLanguage: String(data.doc_language ?? "English"),
  });
  return created(call, document);
}

function created(call: Call, document: Document): Answer {
  return json({ document: showDocument(call, document, true), batch: document.batch });
}

async function updateByText(call: Call): Promise<Answer> {
  const body = await call.payload("DocumentTextUpdate", TEXT_UPDATE, (accepted) =>
    accepted.text != null && accepted.name == null ? "name is required when text is provided" : undefined,
  );
  const document = editable(call);
  if (body.text == null && !body.process_rule)
    throw refuse.invalid("Data source or Process rule is required");
  const name = (body.name as string | null) ?? undefined;
  const given = body.text != null;
  call.state.knowledge.replaceSource(document, {
    name,
    content: given ? Buffer.from(String(body.text)) : undefined,
    upload: given ? { name: String(name), extension: "txt", mimeType: "text/plain" } : undefined,
    rule: processRule(body),
  });
  return created(call, document);
}

async function updateByFile(call: Call): Promise<Answer> {
  const document = editable(call);
  const data = await dataPart(call);
  const { files } = await call.form();
  let source: { content: Buffer; upload: { name: string; extension: string; mimeType: string } } | undefined;
  if (files.length > 0) {
    const part = await uploadedPart(call, true);
    const name = part.filename ?? "";
    const extension = extensionOf(name);
    if (part.size > SIZE_LIMIT) throw refuse.fileTooLarge();
    if (!EXTENSIONS.includes(extension)) throw refuse.fileType();
    source = { content: part.content, upload: { name, extension, mimeType: part.contentType ?? "" } };
  }
  if (!source && !data.process_rule) throw refuse.invalid("Data source or Process rule is required");
  if (data.process_rule) {
    validate(
      "KnowledgeConfig",
      { process_rule: KNOWLEDGE_CONFIG.process_rule ?? required(schema.anything) },
      data,
    );
  }
  call.state.knowledge.replaceSource(document, {
    name: typeof data.name === "string" ? data.name : source?.upload.name,
    content: source?.content,
    upload: source?.upload,
    rule: processRule(data),
  });
  return created(call, document);
}

/** The document in the path, if it can be changed now. */
function editable(call: Call): Document {
  const document = inPath(call, "Document not found");
  if (document.archived) {
    throw new Refusal(403, "archived_document_immutable", "The archived document is not editable.");
  }
  if (indexingStatus(document) !== "completed" || !document.enabled) {
    throw refuse.invalid("Document is not available");
  }
  return document;
}

/** The JSON in the form's field `data`; with another kind of body there is none. */
async function dataPart(call: Call): Promise<Record<string, unknown>> {
  const { fields, files } = await call.form();
  const data = fields.data;
  if (data === undefined) {
    // A `data` with a filename counts as a second file.
    if (files.some((part) => part.name === "data")) throw refuse.tooManyFiles();
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    const object = data.trimStart().startsWith("{");
    const place = object ? "line 1 column 2 (char 1)" : "line 1 column 1 (char 0)";
    const wanted = object ? "Expecting property name enclosed in double quotes" : "Expecting value";
    throw refuse.invalid(`${wanted}: ${place}`);
  }
  if (!isRecord(value)) throw refuse.crash();
  return value;
}

function checkForm(dataset: Dataset, form: string): void {
  if (dataset.docForm !== null && dataset.docForm !== form) {
    throw refuse.invalid("doc_form is different from the dataset doc_form.");
  }
}

/** A knowledge base without settings takes those of its first document. */
function adopt(dataset: Dataset, body: Record<string, unknown>): void {
  if (dataset.indexingTechnique === null) {
    dataset.indexingTechnique = String(body.indexing_technique);
    if (dataset.indexingTechnique === "high_quality") {
      dataset.embeddingModel = String(body.embedding_model ?? "fake-embedding");
      dataset.embeddingProvider = String(body.embedding_model_provider ?? "langgenius/fake/fake");
    }
  }
  if (dataset.retrievalModel === null && isRecord(body.retrieval_model)) {
    dataset.retrievalModel = body.retrieval_model;
  }
}

function processRule(body: Record<string, unknown>): ProcessRule | undefined {
  if (!isRecord(body.process_rule)) return undefined;
  const { mode, rules } = body.process_rule;
  return { mode: String(mode), rules: isRecord(rules) ? rules : null };
}

function withoutNull(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

const post = (rule: string, handler: Route["handler"]): Route => ({
  method: "POST",
  rule,
  key: "dataset",
  handler,
});
const dataset = "/datasets/<uuid:dataset_id>";
const one = `${dataset}/documents/<uuid:document_id>`;

export const documentUploadRoutes: Route[] = [
  post(`${dataset}/document/create-by-text`, createByText),
  post(`${dataset}/document/create_by_text`, createByText),
  post(`${dataset}/document/create-by-file`, createByFile),
  post(`${dataset}/document/create_by_file`, createByFile),
  post(`${one}/update-by-text`, updateByText),
  post(`${one}/update_by_text`, updateByText),
  post(`${one}/update-by-file`, updateByFile),
  post(`${one}/update_by_file`, updateByFile),
  { method: "PATCH", rule: one, key: "dataset", handler: updateByFile },
];
