import { randomUUID } from "node:crypto";
import { refuse } from "./errors";
import type { UploadedFile } from "./files";
import { repr } from "./python";

export type AppKind = "chat" | "agentChat" | "chatflow" | "completion" | "workflow";

/** A variable of an app's input form. */
export interface Variable {
  type: "text-input" | "paragraph" | "select" | "number" | "file" | "file-list";
  name: string;
  required?: boolean;
  options?: string[];
  maxLength?: number;
}

/** One seeded app. */
export interface App {
  id: string;
  key: string;
  kind: AppKind;
  mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
  name: string;
  description: string;
  opening: string;
  form: Variable[];
  /** The published workflow of a chatflow or workflow app. */
  workflowId: string;
  /** Settings of annotation reply, once it was enabled. */
  annotationReply: Record<string, unknown> | undefined;
}

const DEFINITIONS: Record<AppKind, Pick<App, "mode" | "name" | "description" | "opening" | "form">> = {
  chat: {
    mode: "chat",
    name: "chat",
    description: "chat app",
    opening: "Hi there",
    form: [{ type: "text-input", name: "name", maxLength: 48 }],
  },
  agentChat: {
    mode: "agent-chat",
    name: "agent_chat",
    description: "agent_chat app",
    opening: "Hi there",
    form: [],
  },
  chatflow: {
    mode: "advanced-chat",
    name: "chatflow_echo",
    description: "",
    opening: "Welcome to the echo bot!",
    form: [
      { type: "text-input", name: "topic" },
      { type: "select", name: "style", options: ["brief", "long"] },
      { type: "file", name: "attachment" },
    ],
  },
  completion: {
    mode: "completion",
    name: "completion",
    description: "completion app",
    opening: "Hi there",
    form: [
      { type: "paragraph", name: "query", required: true, maxLength: 4000 },
      { type: "select", name: "style", options: ["plain", "fancy"] },
    ],
  },
  workflow: {
    mode: "workflow",
    name: "workflow_simple",
    description: "simple template workflow",
    opening: "Welcome to the echo bot!",
    form: [
      { type: "text-input", name: "text", required: true },
      { type: "number", name: "count" },
      { type: "select", name: "kind", options: ["a", "b"] },
      { type: "file", name: "doc" },
      { type: "file-list", name: "docs", maxLength: 3 },
    ],
  },
};

export const APP_KINDS = Object.keys(DEFINITIONS) as AppKind[];

export function createApp(kind: AppKind, key: string): App {
  return {
    id: randomUUID(),
    key,
    kind,
    workflowId: randomUUID(),
    annotationReply: undefined,
    ...DEFINITIONS[kind],
  };
}

/** Whether the app is drawn as a graph of nodes: a chatflow or a workflow. */
export const hasGraph = (app: App): boolean => app.kind === "chatflow" || app.kind === "workflow";
export const isChat = (app: App): boolean => app.mode.endsWith("chat");

/**
 * The values of an app's variables: what the caller left out is `null`, unknown ones are dropped.
 * @throws Refusal as Dify's input form refuses
 */
export function formValues(
  app: App,
  inputs: Record<string, unknown>,
  file: (mapping: unknown) => UploadedFile,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const variable of app.form) values[variable.name] = formValue(variable, inputs[variable.name], file);
  return values;
}

function formValue(variable: Variable, value: unknown, file: (mapping: unknown) => UploadedFile): unknown {
  const { name, type } = variable;
  const isFile = type === "file" || type === "file-list";
  if (value === undefined || value === null || (isFile && !variable.required && isBlank(value))) {
    if (variable.required) throw refuse.invalid(`${name} is required in input form`);
    return null;
  }
  const limit = variable.maxLength ?? 4096;
  if (type === "number") return numberValue(name, value);
  if (type === "file") {
    if (typeof value !== "object" || Array.isArray(value)) {
      throw refuse.invalid(`${name} in input form must be a file`);
    }
    return file(value);
  }
  if (type === "file-list") {
    if (!Array.isArray(value) || value.some((item) => typeof item !== "object")) {
      throw refuse.invalid(`${name} in input form must be a list of files`);
    }
    if (value.length > limit) throw refuse.invalid(`${name} in input form must be less than ${limit} files`);
    return value.map(file);
  }
  if (typeof value !== "string")
    throw refuse.invalid(`(type '${type}') ${name} in input form must be a string`);
  if (type === "select") {
    if (!variable.options?.includes(value)) {
      throw refuse.invalid(`${name} in input form must be one of the following: ${repr(variable.options)}`);
    }
  } else if ([...value].length > limit) {
    throw refuse.invalid(`${name} in input form must be less than ${limit} characters`);
  }
  return value;
}

function numberValue(name: string, value: unknown): unknown {
  if (typeof value === "number") return value;
  if (typeof value === "string" && value.trim() === "") return null;
  if (typeof value === "string" && Number.isFinite(Number(value))) return Number(value);
  throw refuse.invalid(`${name} in input form must be a valid number`);
}

function isBlank(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  return Object.keys(value).length === 0;
}
