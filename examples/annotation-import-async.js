// Imports questions with their answers from a CSV file with awaited calls; otherwise as annotation-import.js.
//
//   node examples/annotation-import-async.js <file.csv>       (columns: question, answer; the first row names them)
//
// DIFY_API_KEY: a chat app.
const fs = require("node:fs/promises");
const { AsyncChatClient } = require("dify-dual");
const { parseCsv } = require("./csv");

async function main(file) {
  if (!file) throw new Error("usage: node examples/annotation-import-async.js <file.csv>");
  const [, ...rows] = parseCsv(await fs.readFile(file, "utf8"));
  const client = new AsyncChatClient();
  const counts = { created: 0, updated: 0, unchanged: 0 };
  try {
    const known = await annotationsByQuestion(client);
    for (const [question, answer] of rows) {
      const annotation = known.get(question);
      if (!annotation) {
        known.set(question, (await client.createAnnotation({ question, answer })).json());
        counts.created += 1;
      } else if (annotation.answer !== answer) {
        await client.updateAnnotation({ annotation_id: annotation.id, question, answer });
        counts.updated += 1;
      } else counts.unchanged += 1;
    }
  } finally {
    await client.aclose();
  }
  console.log(`${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged`);
}

/** All annotations of the app, page by page. */
async function annotationsByQuestion(client) {
  const known = new Map();
  for (let page = 1, more = true; more; page++) {
    const { data, has_more } = (await client.listAnnotations({ page, limit: 100 })).json();
    for (const annotation of data) known.set(annotation.question, annotation);
    more = has_more;
  }
  return known;
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
