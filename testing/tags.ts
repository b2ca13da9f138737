import { randomUUID } from "node:crypto";
import { type Answer, type Call, empty, json } from "./call";
import { refuse } from "./errors";
import type { Tag } from "./knowledge";
import type { Route } from "./router";
import { type Check, type Fields, list, optional, required, text } from "./schema";

function show(tag: Tag) {
  return { id: tag.id, name: tag.name, type: "knowledge", binding_count: String(tag.datasets.size) };
}

function listTags(call: Call): Answer {
  return json([...call.state.knowledge.tags].reverse().map(show));
}

const name = required(text({ min: 1, max: 50 }));

async function createTag(call: Call): Promise<Answer> {
  const body = await call.payload("TagCreatePayload", { name });
  checkName(call, String(body.name), undefined);
  const tag: Tag = { id: randomUUID(), name: String(body.name), datasets: new Set() };
  call.state.knowledge.tags.push(tag);
  return json(show(tag));
}

function checkName(call: Call, wanted: string, self: Tag | undefined): void {
  if (call.state.knowledge.tags.some((tag) => tag !== self && tag.name === wanted)) {
    throw refuse.invalid("Tag name already exists");
  }
}

async function renameTag(call: Call): Promise<Answer> {
  const body = await call.payload("TagUpdatePayload", { name, tag_id: required(text()) });
  const tag = find(call, body.tag_id);
  checkName(call, String(body.name), tag);
  tag.name = String(body.name);
  return json(show(tag));
}

async function deleteTag(call: Call): Promise<Answer> {
  const body = await call.payload("TagDeletePayload", { tag_id: required(text()) });
  const { tags } = call.state.knowledge;
  tags.splice(tags.indexOf(find(call, body.tag_id)), 1);
  return empty;
}

function find(call: Call, id: unknown): Tag {
  const tag = call.state.knowledge.tags.find((candidate) => candidate.id === id);
  if (!tag) throw refuse.notFound("Tag not found");
  return tag;
}

const target = required(text());

async function bind(call: Call): Promise<Answer> {
  const fields: Fields = { tag_ids: required(someIds), target_id: target };
  const body = await call.payload("TagBindingPayload", fields);
  const dataset = call.state.knowledge.dataset(String(body.target_id));
  // Unknown tags are passed over.
  for (const tag of call.state.knowledge.tags) {
    if ((body.tag_ids as string[]).includes(tag.id)) tag.datasets.add(dataset.id);
  }
  return empty;
}

/** Takes one `tag_id`, as it always did, or several `tag_ids`. */
async function unbind(call: Call): Promise<Answer> {
  const fields: Fields = { tag_id: optional(text()), tag_ids: optional(list(text())), target_id: target };
  const body = await call.payload("TagUnbindingPayload", fields, (accepted) =>
    accepted.tag_id || (accepted.tag_ids as string[] | null)?.length ? undefined : "Tag IDs is required.",
  );
  const dataset = call.state.knowledge.dataset(String(body.target_id));
  const ids = [body.tag_id, ...((body.tag_ids as string[] | null) ?? [])];
  for (const tag of call.state.knowledge.tags) if (ids.includes(tag.id)) tag.datasets.delete(dataset.id);
  return empty;
}

/** Not the usual check of a list's length: this model has its own words for an empty one. */
const someIds: Check = (value, at, problems) => {
  if (!Array.isArray(value) || value.length > 0) return list(text())(value, at, problems);
  problems.push({ at, message: "Value error, Tag IDs is required.", type: "value_error", input: value });
  return value;
};

function tagsOfDataset(call: Call): Answer {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const bound = call.state.knowledge.tags.filter((tag) => tag.datasets.has(dataset.id));
  return json({ data: bound.map((tag) => ({ id: tag.id, name: tag.name })), total: bound.length });
}

export const tagRoutes: Route[] = [
  { method: "GET", rule: "/datasets/tags", key: "dataset", handler: listTags },
  { method: "POST", rule: "/datasets/tags", key: "dataset", handler: createTag },
  { method: "PATCH", rule: "/datasets/tags", key: "dataset", handler: renameTag },
  { method: "DELETE", rule: "/datasets/tags", key: "dataset", handler: deleteTag },
  { method: "POST", rule: "/datasets/tags/binding", key: "dataset", handler: bind },
  { method: "POST", rule: "/datasets/tags/unbinding", key: "dataset", handler: unbind },
  { method: "GET", rule: "/datasets/<uuid:dataset_id>/tags", key: "dataset", handler: tagsOfDataset },
];
