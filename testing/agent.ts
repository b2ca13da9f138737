import { randomUUID } from "node:crypto";
import type { StreamEvent } from "./call";
import type { AgentThought } from "./conversation-store";
import { echo, speak, think, words } from "./model";
import { dumps } from "./python";
import { now } from "./state";
import { head, messageEnd, type Turn, turnUsage } from "./turn";

const CLOCK = "current_time";
const CLOCK_LABELS = {
  [CLOCK]: {
    zh_Hans: "获取当前时间",
    en_US: "Current Time",
    pt_BR: "Current Time",
    ja_JP: "Current Time",
  },
};

/** The events of an agent's answer. Asked for the time, it looks at its clock first; else it echoes. */
export async function* agentEvents(turn: Turn): AsyncGenerator<StreamEvent> {
  const { state, task, message } = turn;
  const began = performance.now();
  await think(state, task);
  let answer = echo(turn.query);
  let said = "";
  let thought = addThought(turn);
  yield thoughtEvent(turn, thought);
  if (/\btime\b/i.test(turn.query) && !task.stopped) {
    const time = new Date().toISOString();
    thought.thought = "Let me check. ";
    yield agentMessage(turn, thought.thought);
    said += thought.thought;
    thought.tool = CLOCK;
    thought.tool_labels = CLOCK_LABELS;
    thought.tool_input = dumps({ [CLOCK]: { timezone: "UTC" } });
    yield thoughtEvent(turn, thought);
    thought.observation = dumps({ [CLOCK]: time });
    yield thoughtEvent(turn, thought);
    answer = `The tool answered: ${time}`;
    thought = addThought(turn);
    yield thoughtEvent(turn, thought);
  }
  let spoken = "";
  try {
    for await (const piece of speak(state, task, [...words(answer), ""])) {
      spoken += piece;
      yield agentMessage(turn, piece);
    }
  } finally {
    state.tasks.delete(task.id);
  }
  thought.thought = spoken;
  yield thoughtEvent(turn, thought);
  message.answer = said + spoken;
  yield messageEnd(turn, turnUsage(turn, message.answer, (performance.now() - began) / 1000));
}

function addThought(turn: Turn): AgentThought {
  const thought: AgentThought = {
    id: randomUUID(),
    position: turn.message.thoughts.length + 1,
    thought: "",
    observation: "",
    tool: "",
    tool_labels: {},
    tool_input: "",
    created_at: now(),
  };
  turn.message.thoughts.push(thought);
  return thought;
}

function agentMessage(turn: Turn, answer: string): StreamEvent {
  return { ...head("agent_message", turn), id: turn.message.id, answer };
}

function thoughtEvent(turn: Turn, thought: AgentThought): StreamEvent {
  const { id, position, observation, tool, tool_labels, tool_input } = thought;
  return {
    ...head("agent_thought", turn),
    id,
    position,
    thought: thought.thought,
    observation,
    tool,
    tool_labels,
    tool_input,
    message_files: [],
  };
}
