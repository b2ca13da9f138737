import { randomUUID } from "node:crypto";
import { type Answer, type Call, empty, json } from "./call";
import { refuse } from "./errors";
import type { Route } from "./router";
import { defaulted, type Fields, integer, number, required, text } from "./schema";
import { type App, now, type State } from "./state";

/** A question with the answer that is given to it instead of the model's. */
export interface Annotation {
  id: string;
  appId: string;
  question: string;
  answer: string;
  hitCount: number;
  createdAt: number;
}

/** The annotation that answers a query, where annotation reply is enabled. */
export function matchingAnnotation(state: State, app: App, query: string): Annotation | undefined {
  if (!app.annotationReply) return undefined;
  const wanted = query.trim().toLowerCase();
  const found = state.annotations.find(
    (annotation) => annotation.appId === app.id && annotation.question.trim().toLowerCase() === wanted,
  );
  if (found) found.hitCount += 1;
  return found;
}

const LIST_QUERY: Fields = {
  page: defaulted(integer({ ge: 1 }), 1),
  limit: defaulted(integer({ ge: 1 }), 20),
  keyword: defaulted(text(), ""),
};

function list(call: Call): Answer {
  const query = call.checkedQuery("AnnotationListQuery", LIST_QUERY);
  const page = query.page as number;
  const limit = Math.min(query.limit as number, 100);
  const keyword = String(query.keyword).toLowerCase();
  const rows = call.state.annotations
    .filter((annotation) => annotation.appId === call.app.id)
    .filter(({ question, answer }) => `${question}\n${answer}`.toLowerCase().includes(keyword))
    .reverse();
  const data = rows.slice((page - 1) * limit, page * limit);
  // A full page counts as "more", even when it is the last one.
  return json({ data: data.map(show), has_more: data.length === limit, limit, total: rows.length, page });
}

function show(annotation: Annotation) {
  return {
    id: annotation.id,
    question: annotation.question,
    answer: annotation.answer,
    hit_count: annotation.hitCount,
    created_at: annotation.createdAt,
  };
}

const ANNOTATION: Fields = { question: required(text()), answer: required(text()) };

async function create(call: Call): Promise<Answer> {
  const body = await call.payload("AnnotationCreatePayload", ANNOTATION);
  const annotation: Annotation = {
    id: randomUUID(),
    appId: call.app.id,
    question: String(body.question),
    answer: String(body.answer),
    hitCount: 0,
    createdAt: now(),
  };
  call.state.annotations.push(annotation);
  return json(show(annotation), 201);
}

async function update(call: Call): Promise<Answer> {
  const body = await call.payload("AnnotationCreatePayload", ANNOTATION);
  const annotation = inPath(call);
  annotation.question = String(body.question);
  annotation.answer = String(body.answer);
  return json(show(annotation));
}

function remove(call: Call): Answer {
  const { annotations } = call.state;
  annotations.splice(annotations.indexOf(inPath(call)), 1);
  return empty;
}

function inPath(call: Call): Annotation {
  const id = call.param("annotation_id").toLowerCase();
  const found = call.state.annotations.find(
    (annotation) => annotation.id === id && annotation.appId === call.app.id,
  );
  if (!found) throw refuse.notFound("Annotation not found");
  return found;
}

const REPLY_REQUEST: Fields = {
  score_threshold: required(number),
  embedding_provider_name: required(text()),
  embedding_model_name: required(text()),
};

async function switchReply(call: Call): Promise<Answer> {
  const body = await call.payload("AnnotationReplyActionPayload", REPLY_REQUEST);
  const action = call.param("action");
  if (action !== "enable" && action !== "disable") throw refuse.crash();
  call.app.annotationReply =
    action === "disable"
      ? undefined
      : {
          id: randomUUID(),
          enabled: true,
          score_threshold: body.score_threshold,
          embedding_model: {
            embedding_provider_name: body.embedding_provider_name,
            embedding_model_name: body.embedding_model_name,
          },
        };
  const id = randomUUID();
  call.state.jobs.set(id, { action, asked: 0 });
  return json({ job_id: id, job_status: "waiting" });
}

function replyStatus(call: Call): Answer {
  const id = call.param("job_id").toLowerCase();
  const job = call.state.jobs.get(id);
  if (!job || job.action !== call.param("action")) throw refuse.invalid("The job does not exist.");
  job.asked += 1;
  return json({ job_id: id, job_status: job.asked > 1 ? "completed" : "waiting", error_msg: "" });
}

const one = "/apps/annotations/<uuid:annotation_id>";
const reply = "/apps/annotation-reply/<string:action>";

export const annotationRoutes: Route[] = [
  { method: "GET", rule: "/apps/annotations", key: "app", handler: list },
  { method: "POST", rule: "/apps/annotations", key: "app", handler: create },
  { method: "PUT", rule: one, key: "app", handler: update },
  { method: "DELETE", rule: one, key: "app", handler: remove },
  { method: "POST", rule: reply, key: "app", handler: switchReply },
  { method: "GET", rule: `${reply}/status/<uuid:job_id>`, key: "app", handler: replyStatus },
];
