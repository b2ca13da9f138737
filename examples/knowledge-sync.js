// Brings the text files of a folder into a knowledge base, as a nightly job would: creates what is new, updates what
// changed, and waits until all of it is indexed. Blocking calls.
//
//   node examples/knowledge-sync.js <folder>
//
// DIFY_DATASET_API_KEY, DIFY_DATASET_ID: the knowledge base.
const { DatasetError, KnowledgeBaseClient } = require("dify-dual");
const { decide, loadHashes, readTexts, saveHashes } = require("./text-folder");

// "high_quality" needs an embedding model; this fits a knowledge base that has none.
const indexing_technique = "economy";

function main(folder) {
  if (!folder) throw new Error("usage: node examples/knowledge-sync.js <folder>");
  const client = new KnowledgeBaseClient(undefined, process.env.DIFY_DATASET_ID);
  try {
    const documents = documentsByName(client);
    const hashes = loadHashes(folder);
    for (const file of readTexts(folder)) {
      const action = decide(file, documents, hashes);
      console.log(`${action} ${file.name}`);
      if (action === "keep") continue;
      const { name, text } = file;
      const { batch } =
        action === "create"
          ? client.createDocumentByText({ name, text, indexing_technique }).json()
          : client.updateDocumentByText({ document_id: documents.get(name), name, text }).json();
      waitForIndexing(client, batch, name);
      // Kept file by file: a job that breaks off does not begin anew.
      hashes[name] = file.hash;
      saveHashes(folder, hashes);
    }
    console.log(`documents now: ${client.listDocuments({ page_size: 1 }).json().total}`);
  } finally {
    client.close();
  }
}

/** The ids of all documents, by name, page by page. */
function documentsByName(client) {
  const ids = new Map();
  for (let page = 1, more = true; more; page++) {
    const { data, has_more } = client.listDocuments({ page, page_size: 100 }).json();
    for (const { id, name } of data) ids.set(name, id);
    more = has_more;
  }
  return ids;
}

function waitForIndexing(client, batch_id, name) {
  for (;;) {
    const [document] = client.batchIndexingStatus({ batch_id }).json().data;
    if (document?.indexing_status === "completed") {
      console.log(`  indexed, ${document.completed_segments} segments`);
      return;
    }
    if (document?.error) throw new DatasetError(`${name} was not indexed: ${document.error}`);
    sleep(200);
  }
}

/** Python's `time.sleep`, in milliseconds. */
function sleep(milliseconds) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

main(process.argv[2]);
