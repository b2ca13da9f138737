// What the steps of both families send.

/** The end user in whose name everything happens. */
const USER = "dify-dual-start";

/** A picture on the web, which Dify fetches itself. */
const REMOTE_PICTURE = {
  type: "image",
  transfer_method: "remote_url",
  url: "https://cloud.dify.ai/logo/logo-site.png",
};

/** A picture of one white pixel. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4////fwAJ+wP9KobjigAAAABJRU5ErkJggg==",
  "base64",
);

/** Inputs for an app's form, as its parameters list it: `text` for each text that is required, the first of choices. */
function inputsFor({ user_input_form: form }, text) {
  const inputs = {};
  for (const item of form) {
    const [[type, control]] = Object.entries(item);
    if (type === "select") inputs[control.variable] = control.options[0];
    else if (!control.required) continue;
    else if (type === "number") inputs[control.variable] = 1;
    else if (type === "text-input" || type === "paragraph") inputs[control.variable] = text;
  }
  return inputs;
}

/** Whether an app, as its parameters say, takes pictures. */
function takesPictures({ file_upload: upload }) {
  return upload.image?.enabled ?? (upload.enabled === true && upload.allowed_file_types?.includes("image"));
}

module.exports = { USER, REMOTE_PICTURE, PNG, inputsFor, takesPictures };
