import { type Answer, type Call, empty, json } from "./call";
import { paged } from "./datasets";
import { showDetail, showDocument, showIndexing } from "./document-view";
import { Refusal, refuse } from "./errors";
import { type Document, indexingStatus } from "./knowledge";
import type { Route } from "./router";
import { defaulted, type Fields, integer, optional, text } from "./schema";
import { now } from "./state";

/** The document in the path. */
export function inPath(call: Call, message = "Document not found."): Document {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const id = call.param("document_id").toLowerCase();
  const document = dataset.documents.find((candidate) => candidate.id === id);
  if (!document) throw refuse.notFound(message);
  return document;
}

const LIST_QUERY: Fields = {
  page: defaulted(integer(), 1),
  limit: defaulted(integer(), 20),
  keyword: optional(text()),
  status: optional(text()),
};

function listDocuments(call: Call): Answer {
  const query = call.checkedQuery("DocumentListQuery", LIST_QUERY);
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const keyword = String(query.keyword ?? "").toLowerCase();
  const rows = dataset.documents
    .filter((document) => document.name.toLowerCase().includes(keyword) && hasStatus(document, query.status))
    .reverse();
  return json(
    paged(rows, query.page as number, query.limit as number, (document) => showDocument(call, document)),
  );
}

/** A status that does not exist filters nothing. */
function hasStatus(document: Document, status: unknown): boolean {
  const completed = indexingStatus(document) === "completed";
  switch (status) {
    case "available":
      return completed && document.enabled && !document.archived;
    case "disabled":
      return completed && !document.enabled && !document.archived;
    case "archived":
      return completed && document.archived;
    case "queuing":
      return indexingStatus(document) === "waiting";
    case "indexing":
      return !completed && indexingStatus(document) !== "waiting";
    case "paused":
    case "error":
      return false;
    default:
      return true;
  }
}

function getDocument(call: Call): Answer {
  const document = inPath(call);
  const metadata = call.query.get("metadata") ?? "all";
  if (!["all", "only", "without"].includes(metadata)) {
    throw new Refusal(400, "invalid_metadata", `Invalid metadata value: ${metadata}`);
  }
  return json(showDetail(call, document, metadata as "all" | "only" | "without"));
}

function deleteDocument(call: Call): Answer {
  const document = inPath(call, "Document Not Exists.");
  if (document.archived) {
    throw new Refusal(403, "archived_document_immutable", "The archived document is not editable.");
  }
  const { documents } = document.dataset;
  documents.splice(documents.indexOf(document), 1);
  return empty;
}

function indexing(call: Call): Answer {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const batch = call.param("batch");
  const documents = dataset.documents.filter((document) => document.batch === batch);
  if (documents.length === 0) throw refuse.notFound("Documents not found.");
  return json({ data: documents.map(showIndexing) });
}

const ACTIONS = ["enable", "disable", "archive", "un_archive"];

async function changeStatus(call: Call): Promise<Answer> {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const action = call.param("action");
  const body = await call.json();
  const ids = Array.isArray(body.document_ids) ? body.document_ids.map(String) : [];
  if (!ACTIONS.includes(action)) {
    const known = ACTIONS.map((name) => `'${name}'`).join(", ");
    throw new Refusal(400, "invalid_action", `Invalid action: ${action}. Must be one of [${known}]`);
  }
  // Ids that are not there are passed over.
  const documents = dataset.documents.filter((document) => ids.includes(document.id));
  for (const document of documents) {
    if (indexingStatus(document) !== "completed" && action !== "un_archive") {
      const message = `Document:${document.name} is being indexed, please try again later`;
      throw new Refusal(400, "invalid_action", message);
    }
  }
  for (const document of documents) {
    if (action.endsWith("archive")) document.archived = action === "archive";
    else {
      document.enabled = action === "enable";
      document.disabledAt = document.enabled ? null : now();
    }
    document.updatedAt = now();
  }
  return json({ result: "success" });
}

const documents = "/datasets/<uuid:dataset_id>/documents";

export const documentRoutes: Route[] = [
  { method: "GET", rule: documents, key: "dataset", handler: listDocuments },
  { method: "GET", rule: `${documents}/<uuid:document_id>`, key: "dataset", handler: getDocument },
  { method: "DELETE", rule: `${documents}/<uuid:document_id>`, key: "dataset", handler: deleteDocument },
  { method: "GET", rule: `${documents}/<string:batch>/indexing-status`, key: "dataset", handler: indexing },
  { method: "PATCH", rule: `${documents}/status/<string:action>`, key: "dataset", handler: changeStatus },
];
