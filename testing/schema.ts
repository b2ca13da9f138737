import { Refusal, refuse } from "./errors";
import { isRecord, repr, typeName } from "./python";

/**
 * Just enough of Pydantic to refuse what Dify's request models refuse, in the same words: the texts are part of
 * what a client shows to its users.
 */
export interface Problem {
  at: string;
  message: string;
  type: string;
  input: unknown;
}

/** A check returns the value it accepts (perhaps converted) and adds a problem for one that it does not. */
export type Check = (value: unknown, at: string, problems: Problem[]) => unknown;

export interface Field {
  check: Check;
  required?: boolean;
  /** `null` is accepted and stays `null`. */
  nullable?: boolean;
  fallback?: unknown;
}

export type Fields = Record<string, Field>;

export const required = (check: Check): Field => ({ check, required: true });
export const optional = (check: Check, fallback: unknown = null): Field => ({
  check,
  nullable: true,
  fallback,
});
/** May be left out, but not be `null`. */
export const defaulted = (check: Check, fallback: unknown): Field => ({ check, fallback });

export const anything: Check = (value) => value;

export function text(limits: { min?: number; max?: number } = {}): Check {
  return (value, at, problems) => {
    if (typeof value !== "string") {
      problems.push({ at, message: "Input should be a valid string", type: "string_type", input: value });
      return value;
    }
    const length = [...value].length;
    if (limits.min !== undefined && length < limits.min) {
      const message = `String should have at least ${limits.min} character${limits.min === 1 ? "" : "s"}`;
      problems.push({ at, message, type: "string_too_short", input: value });
    } else if (limits.max !== undefined && length > limits.max) {
      const message = `String should have at most ${limits.max} characters`;
      problems.push({ at, message, type: "string_too_long", input: value });
    }
    return value;
  };
}

export function integer(limits: { ge?: number; le?: number } = {}): Check {
  return (value, at, problems) => {
    let number: number;
    if (typeof value === "number" && Number.isInteger(value)) number = value;
    else if (typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value)) number = Number(value);
    else if (typeof value === "string") {
      const message = "Input should be a valid integer, unable to parse string as an integer";
      problems.push({ at, message, type: "int_parsing", input: value });
      return value;
    } else {
      problems.push({ at, message: "Input should be a valid integer", type: "int_type", input: value });
      return value;
    }
    if (limits.ge !== undefined && number < limits.ge) {
      const message = `Input should be greater than or equal to ${limits.ge}`;
      problems.push({ at, message, type: "greater_than_equal", input: value });
    } else if (limits.le !== undefined && number > limits.le) {
      const message = `Input should be less than or equal to ${limits.le}`;
      problems.push({ at, message, type: "less_than_equal", input: value });
    }
    return number;
  };
}

export const number: Check = (value, at, problems) => {
  if (typeof value === "number") return value;
  if (typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value)))
    return Number(value);
  problems.push({ at, message: "Input should be a valid number", type: "float_type", input: value });
  return value;
};

export const boolean: Check = (value, at, problems) => {
  if (typeof value === "boolean") return value;
  if (value === 1 || value === "true" || value === "True" || value === "1") return true;
  if (value === 0 || value === "false" || value === "False" || value === "0") return false;
  const message =
    typeof value === "string"
      ? "Input should be a valid boolean, unable to interpret input"
      : "Input should be a valid boolean";
  problems.push({
    at,
    message,
    type: typeof value === "string" ? "bool_parsing" : "bool_type",
    input: value,
  });
  return value;
};

export const dictionary: Check = (value, at, problems) => {
  if (!isRecord(value)) {
    problems.push({ at, message: "Input should be a valid dictionary", type: "dict_type", input: value });
  }
  return value;
};

export function list(item: Check = anything, limits: { min?: number } = {}): Check {
  return (value, at, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ at, message: "Input should be a valid list", type: "list_type", input: value });
      return value;
    }
    const checked = value.map((entry, index) => item(entry, `${at}.${index}`, problems));
    if (limits.min !== undefined && value.length < limits.min) {
      const items = limits.min === 1 ? "item" : "items";
      const message = `List should have at least ${limits.min} ${items} after validation, not ${value.length}`;
      problems.push({ at, message, type: "too_short", input: value });
    }
    return checked;
  };
}

/** One of several strings; Pydantic names the type `literal_error` or `enum`, after how the model is written. */
export function oneOf(options: readonly string[], type: "literal_error" | "enum" = "literal_error"): Check {
  return (value, at, problems) => {
    if (!options.includes(value as string)) {
      const quoted = options.map((option) => `'${option}'`);
      const last = quoted.pop();
      const message = `Input should be ${quoted.length ? `${quoted.join(", ")} or ` : ""}${last}`;
      problems.push({ at, message, type, input: value });
    }
    return value;
  };
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** A UUID or the empty string, which Dify reads as "none". */
export function uuidOrEmpty(message = "must be a valid UUID"): Check {
  return (value, at, problems) => {
    text()(value, at, problems);
    if (typeof value === "string" && value !== "" && !UUID.test(value)) {
      problems.push({ at, message: `Value error, ${message}`, type: "value_error", input: value });
    }
    return value;
  };
}

/** A string that satisfies a rule of the model's own. */
export function valid(rule: (value: string) => boolean, message: string): Check {
  return (value, at, problems) => {
    if (typeof value !== "string") return text()(value, at, problems);
    if (!rule(value))
      problems.push({ at, message: `Value error, ${message}`, type: "value_error", input: value });
    return value;
  };
}

/** A model inside a model. */
export function nested(fields: Fields): Check {
  return (value, at, problems) => {
    if (!isRecord(value)) {
      const message = "Input should be a valid dictionary or instance of the model";
      problems.push({ at, message, type: "model_type", input: value });
      return value;
    }
    return collect(fields, value, problems, `${at}.`);
  };
}

function collect(fields: Fields, input: Record<string, unknown>, problems: Problem[], prefix = "") {
  const accepted: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const at = `${prefix}${name}`;
    const value = input[name];
    if (value === undefined) {
      if (field.required) problems.push({ at, message: "Field required", type: "missing", input });
      accepted[name] = field.fallback;
    } else if (value === null && field.nullable) {
      accepted[name] = null;
    } else {
      accepted[name] = field.check(value, at, problems);
    }
  }
  return accepted;
}

/**
 * The accepted fields of `input`; unknown ones are dropped, as the real models drop them.
 * @throws Refusal with Pydantic's report
 */
export function validate(
  model: string,
  fields: Fields,
  input: Record<string, unknown>,
  whole?: (accepted: Record<string, unknown>) => string | undefined,
): Record<string, unknown> {
  const problems: Problem[] = [];
  const accepted = collect(fields, input, problems);
  const complaint = problems.length === 0 ? whole?.(accepted) : undefined;
  if (complaint) problems.push({ at: "", message: `Value error, ${complaint}`, type: "value_error", input });
  if (problems.length > 0) throw refuse.invalid(report(model, problems));
  return accepted;
}

function report(model: string, problems: Problem[]): string {
  const lines = [`${problems.length} validation error${problems.length === 1 ? "" : "s"} for ${model}`];
  for (const problem of problems) {
    if (problem.at !== "") lines.push(problem.at);
    const value = shortened(repr(problem.input));
    const kind = typeName(problem.input);
    lines.push(`  ${problem.message} [type=${problem.type}, input_value=${value}, input_type=${kind}]`);
    lines.push(`    For further information visit https://errors.pydantic.dev/2.12/v/${problem.type}`);
  }
  return lines.join("\n");
}

/** Pydantic shows at most 50 characters of a value. */
function shortened(shown: string): string {
  const chars = [...shown];
  if (chars.length <= 50) return shown;
  return `${chars.slice(0, 25).join("")}...${chars.slice(-24).join("")}`;
}

/** The same refusal in the `{error}` form that creating segments has. */
export function asBareError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal && error.status === 400) throw new Refusal(400, "", error.message, "bare");
    throw error;
  }
}

export function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value);
}
