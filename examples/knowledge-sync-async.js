// Brings the text files of a folder into a knowledge base with awaited calls: as knowledge-sync.js, but the files are
// indexed side by side.
//
//   node examples/knowledge-sync-async.js <folder>
//
// DIFY_DATASET_API_KEY, DIFY_DATASET_ID: the knowledge base.
const { setTimeout: sleep } = require("node:timers/promises");
const { AsyncKnowledgeBaseClient, DatasetError } = require("dify-dual");
const { decide, loadHashes, readTexts, saveHashes } = require("./text-folder");

// "high_quality" needs an embedding model; this fits a knowledge base that has none.
const indexing_technique = "economy";

async function main(folder) {
  if (!folder) throw new Error("usage: node examples/knowledge-sync-async.js <folder>");
  const client = new AsyncKnowledgeBaseClient(undefined, process.env.DIFY_DATASET_ID);
  try {
    const documents = await documentsByName(client);
    const hashes = loadHashes(folder);
    const indexing = [];
    for (const file of readTexts(folder)) {
      const action = decide(file, documents, hashes);
      console.log(`${action} ${file.name}`);
      if (action === "keep") continue;
      const { name, text } = file;
      const response =
        action === "create"
          ? await client.createDocumentByText({ name, text, indexing_technique })
          : await client.updateDocumentByText({ document_id: documents.get(name), name, text });
      const done = waitForIndexing(client, response.json().batch, name).then(() => {
        hashes[name] = file.hash;
      });
      indexing.push(done);
    }
    const outcomes = await Promise.allSettled(indexing);
    saveHashes(folder, hashes);
    for (const { reason } of outcomes) if (reason) throw reason;
    console.log(`documents now: ${(await client.listDocuments({ page_size: 1 })).json().total}`);
  } finally {
    await client.aclose();
  }
}

/** The ids of all documents, by name, page by page. */
async function documentsByName(client) {
  const ids = new Map();
  for (let page = 1, more = true; more; page++) {
    const { data, has_more } = (await client.listDocuments({ page, page_size: 100 })).json();
    for (const { id, name } of data) ids.set(name, id);
    more = has_more;
  }
  return ids;
}

async function waitForIndexing(client, batch_id, name) {
  for (;;) {
    const [document] = (await client.batchIndexingStatus({ batch_id })).json().data;
    if (document?.indexing_status === "completed") {
      console.log(`  ${name} indexed, ${document.completed_segments} segments`);
      return;
    }
    if (document?.error) throw new DatasetError(`${name} was not indexed: ${document.error}`);
    await sleep(200);
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
