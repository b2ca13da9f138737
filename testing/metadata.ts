import { randomUUID } from "node:crypto";
import { type Answer, type Call, empty, json, success } from "./call";
import { refuse } from "./errors";
import type { Dataset, Document, MetadataField, MetadataValue } from "./knowledge";
import type { Route } from "./router";
import {
  anything,
  boolean,
  defaulted,
  type Fields,
  list,
  nested,
  oneOf,
  optional,
  required,
  text,
} from "./schema";

const BUILT_IN: { name: string; type: string }[] = [
  { name: "document_name", type: "string" },
  { name: "uploader", type: "string" },
  { name: "upload_date", type: "time" },
  { name: "last_update_date", type: "time" },
  { name: "source", type: "string" },
];

const inPath = (call: Call): Dataset => call.state.knowledge.dataset(call.param("dataset_id"));
const show = ({ id, type, name }: MetadataField) => ({ id, type, name });

function listFields(call: Call): Answer {
  const dataset = inPath(call);
  return json({
    doc_metadata: dataset.fields.map(({ id, name, type }) => ({
      id,
      name,
      type,
      count: dataset.documents.filter(({ metadata }) => metadata?.some((value) => value.id === id)).length,
    })),
    built_in_field_enabled: dataset.builtInFields,
  });
}

async function createField(call: Call): Promise<Answer> {
  const body = await call.payload("MetadataArgs", {
    type: required(oneOf(["string", "number", "time"])),
    name: required(text()),
  });
  const dataset = inPath(call);
  checkName(dataset, String(body.name));
  const field = { id: randomUUID(), name: String(body.name), type: String(body.type) };
  dataset.fields.push(field);
  return json(show(field), 201);
}

function checkName(dataset: Dataset, name: string): void {
  if ([...name].length > 255) throw refuse.invalid("Metadata name cannot exceed 255 characters.");
  if (dataset.fields.some((field) => field.name === name))
    throw refuse.invalid("Metadata name already exists.");
  if (BUILT_IN.some((field) => field.name === name)) {
    throw refuse.invalid("Metadata name already exists in Built-in fields.");
  }
}

async function renameField(call: Call): Promise<Answer> {
  const body = await call.payload("MetadataUpdatePayload", { name: required(text()) });
  const dataset = inPath(call);
  checkName(dataset, String(body.name));
  const id = call.param("metadata_id").toLowerCase();
  const field = dataset.fields.find((candidate) => candidate.id === id);
  if (!field) throw noField();
  field.name = String(body.name);
  for (const value of dataset.documents.flatMap(({ metadata }) => metadata ?? [])) {
    if (value.id === field.id) value.name = field.name;
  }
  return json(show(field));
}

/** A real server fails while it shows the field that it has not found. */
function noField() {
  return refuse.invalid(
    "1 validation error for DatasetMetadataResponse\n" +
      "  Input should be a valid dictionary or object to extract fields from " +
      "[type=model_attributes_type, input_value=None, input_type=NoneType]\n" +
      "    For further information visit https://errors.pydantic.dev/2.12/v/model_attributes_type",
  );
}

function deleteField(call: Call): Answer {
  const dataset = inPath(call);
  const id = call.param("metadata_id").toLowerCase();
  dataset.fields = dataset.fields.filter((field) => field.id !== id);
  for (const document of dataset.documents) {
    document.metadata = document.metadata?.filter((value) => value.id !== id) ?? null;
  }
  return empty;
}

function builtIn(call: Call): Answer {
  inPath(call);
  return json({ fields: BUILT_IN });
}

/** An action that does not exist succeeds, too. */
function switchBuiltIn(call: Call): Answer {
  const dataset = inPath(call);
  const action = call.param("action");
  if (action === "enable" || action === "disable") dataset.builtInFields = action === "enable";
  for (const { metadata } of dataset.documents) {
    if (action === "disable" && metadata) metadata.splice(0, metadata.length, ...metadata.filter(isOwn));
  }
  return success;
}

const isOwn = (value: MetadataValue): boolean => value.id !== "built-in";

const OPERATION: Fields = {
  document_id: required(text()),
  metadata_list: required(
    list(nested({ id: required(text()), name: required(text()), value: optional(anything) })),
  ),
  partial_update: defaulted(boolean, false),
};

interface Operation {
  document_id: string;
  metadata_list: { id: string; name: string; value: unknown }[];
  partial_update: boolean;
}

async function setValues(call: Call): Promise<Answer> {
  const fields: Fields = { operation_data: required(list(nested(OPERATION))) };
  const body = await call.payload("MetadataOperationData", fields);
  const dataset = inPath(call);
  for (const operation of body.operation_data as Operation[]) {
    const document = dataset.documents.find(({ id }) => id === operation.document_id);
    if (!document) throw refuse.invalid("Document not found.");
    setDocumentValues(dataset, document, operation);
  }
  return success;
}

function setDocumentValues(dataset: Dataset, document: Document, operation: Operation): void {
  const kept = operation.partial_update ? (document.metadata ?? []).filter(isOwn) : [];
  const values = new Map(kept.map((value) => [value.id, value]));
  for (const { id, name, value } of operation.metadata_list) {
    const type = dataset.fields.find((field) => field.id === id)?.type ?? "string";
    values.set(id, { id, name, type, value });
  }
  document.metadata = [...values.values(), ...(dataset.builtInFields ? builtInValues(document) : [])];
}

function builtInValues(document: Document): MetadataValue[] {
  const values = [
    document.name,
    "admin",
    `${document.createdAt}.0`,
    String(Date.now() / 1000),
    "file_upload",
  ];
  return BUILT_IN.map(({ name, type }, index) => ({ id: "built-in", name, type, value: values[index] }));
}

const all = "/datasets/<uuid:dataset_id>/metadata";

export const metadataRoutes: Route[] = [
  { method: "GET", rule: all, key: "dataset", handler: listFields },
  { method: "POST", rule: all, key: "dataset", handler: createField },
  { method: "PATCH", rule: `${all}/<uuid:metadata_id>`, key: "dataset", handler: renameField },
  { method: "DELETE", rule: `${all}/<uuid:metadata_id>`, key: "dataset", handler: deleteField },
  { method: "GET", rule: `${all}/built-in`, key: "dataset", handler: builtIn },
  { method: "POST", rule: `${all}/built-in/<string:action>`, key: "dataset", handler: switchBuiltIn },
  {
    method: "POST",
    rule: "/datasets/<uuid:dataset_id>/documents/metadata",
    key: "dataset",
    handler: setValues,
  },
];
