import { randomUUID } from "node:crypto";
import { type Answer, type Call, json } from "./call";
import { refuse } from "./errors";
import { extensionOf, uploadedPart } from "./files";
import type { Route } from "./router";
import { anything, boolean, dictionary, type Fields, list, optional, required, text } from "./schema";

/** No seeded knowledge base has a pipeline, so that all of this is refused, as a real server refuses it. */
function noPipeline(call: Call): never {
  call.state.knowledge.dataset(call.param("dataset_id"));
  throw refuse.invalid("Pipeline not found");
}

const NODE_RUN: Fields = {
  inputs: required(dictionary),
  datasource_type: required(text()),
  credential_id: optional(text()),
  is_published: required(boolean),
};

const PIPELINE_RUN: Fields = {
  inputs: required(dictionary),
  datasource_type: required(text()),
  datasource_info_list: required(list(dictionary)),
  start_node_id: required(text()),
  is_published: required(boolean),
  response_mode: required(text()),
  original_document_id: optional(anything),
};

async function runNode(call: Call): Promise<Answer> {
  await call.payload("DatasourceNodeRunPayload", NODE_RUN);
  return noPipeline(call);
}

async function runPipeline(call: Call): Promise<Answer> {
  await call.payload("PipelineRunApiEntity", PIPELINE_RUN);
  return noPipeline(call);
}

async function upload(call: Call): Promise<Answer> {
  const part = await uploadedPart(call);
  const name = part.filename ?? "";
  return json(
    {
      id: randomUUID(),
      name,
      size: part.size,
      extension: extensionOf(name),
      mime_type: part.contentType ?? "",
      created_by: call.state.accountId,
      created_at: new Date().toISOString().replace("Z", "000"),
    },
    201,
  );
}

const pipeline = "/datasets/<uuid:dataset_id>/pipeline";

export const pipelineRoutes: Route[] = [
  { method: "POST", rule: "/datasets/pipeline/file-upload", key: "dataset", handler: upload },
  { method: "GET", rule: `${pipeline}/datasource-plugins`, key: "dataset", handler: noPipeline },
  {
    method: "POST",
    rule: `${pipeline}/datasource/nodes/<string:node_id>/run`,
    key: "dataset",
    handler: runNode,
  },
  { method: "POST", rule: `${pipeline}/run`, key: "dataset", handler: runPipeline },
];
