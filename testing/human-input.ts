import type { Answer, Call } from "./call";
import { refuse } from "./errors";
import type { Route } from "./router";
import { dictionary, required, text } from "./schema";

/** No seeded app pauses for a human, so that no form exists. */
function getForm(): never {
  throw refuse.notFound("Form not found");
}

async function submitForm(call: Call): Promise<Answer> {
  await call.payload("HumanInputFormSubmitPayload", {
    inputs: required(dictionary),
    action: required(text()),
  });
  return getForm();
}

const rule = "/form/human_input/<string:form_token>";

export const humanInputRoutes: Route[] = [
  { method: "GET", rule, key: "app", handler: getForm },
  { method: "POST", rule, key: "app", user: { from: "json", required: true }, handler: submitForm },
];
