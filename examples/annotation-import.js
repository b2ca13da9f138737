// Imports questions with their answers from a CSV file as an app's annotations: adds what is new, changes what has
// another answer now. Blocking calls.
//
//   node examples/annotation-import.js <file.csv>       (columns: question, answer; the first row names them)
//
// DIFY_API_KEY: a chat app.
const fs = require("node:fs");
const { ChatClient } = require("dify-dual");
const { parseCsv } = require("./csv");

function main(file) {
  if (!file) throw new Error("usage: node examples/annotation-import.js <file.csv>");
  const [, ...rows] = parseCsv(fs.readFileSync(file, "utf8"));
  const client = new ChatClient();
  const counts = { created: 0, updated: 0, unchanged: 0 };
  try {
    const known = annotationsByQuestion(client);
    for (const [question, answer] of rows) {
      const annotation = known.get(question);
      if (!annotation) {
        known.set(question, client.createAnnotation({ question, answer }).json());
        counts.created += 1;
      } else if (annotation.answer !== answer) {
        client.updateAnnotation({ annotation_id: annotation.id, question, answer });
        counts.updated += 1;
      } else counts.unchanged += 1;
    }
  } finally {
    client.close();
  }
  console.log(`${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged`);
}

/** All annotations of the app, page by page. */
function annotationsByQuestion(client) {
  const known = new Map();
  for (let page = 1, more = true; more; page++) {
    const { data, has_more } = client.listAnnotations({ page, limit: 100 }).json();
    for (const annotation of data) known.set(annotation.question, annotation);
    more = has_more;
  }
  return known;
}

main(process.argv[2]);
