import { createHash, randomInt, randomUUID } from "node:crypto";
import { cut, keywordsOf, type ProcessRule } from "./chunks";
import { refuse } from "./errors";

const epoch = (): number => Math.floor(Date.now() / 1000);

export interface Dataset {
  id: string;
  name: string;
  description: string;
  permission: string;
  indexingTechnique: string | null;
  embeddingModel: string | null;
  embeddingProvider: string | null;
  /** As the caller gave it; `null` means Dify's default. */
  retrievalModel: Record<string, unknown> | null;
  createdAt: number;
  updatedAt: number;
  docForm: string | null;
  documents: Document[];
  fields: MetadataField[];
  builtInFields: boolean;
  /** The newest process rule, which a document without one of its own inherits. */
  rule: { id: string; rule: ProcessRule } | undefined;
  positions: number;
}

export interface MetadataField {
  id: string;
  name: string;
  type: string;
}

export interface Document {
  id: string;
  dataset: Dataset;
  position: number;
  batch: string;
  name: string;
  upload: { id: string; name: string; size: number; extension: string; mimeType: string; createdAt: number };
  content: Buffer;
  ruleId: string;
  rule: ProcessRule;
  createdFrom: "api" | "web";
  createdAt: number;
  updatedAt: number;
  /** When indexing began, and how long it takes, in milliseconds. */
  indexing: { began: number; lasts: number };
  /** Whether it has been indexed before: its counts are kept from then. */
  reindexed: boolean;
  segments: Segment[];
  enabled: boolean;
  disabledAt: number | null;
  archived: boolean;
  docForm: string;
  docLanguage: string;
  metadata: MetadataValue[] | null;
}

export interface MetadataValue {
  id: string;
  name: string;
  type: string;
  value: unknown;
}

export interface Segment {
  id: string;
  position: number;
  content: string;
  answer: string | null;
  keywords: string[] | null;
  indexNodeId: string;
  hitCount: number;
  enabled: boolean;
  disabledAt: number | null;
  createdAt: number;
  updatedAt: number;
  /** Whether it was changed since it was cut. */
  edited: boolean;
  children: ChildChunk[];
}

export interface ChildChunk {
  id: string;
  content: string;
  position: number;
  type: "automatic" | "customized";
  createdAt: number;
  updatedAt: number;
}

export interface Tag {
  id: string;
  name: string;
  datasets: Set<string>;
}

export type IndexingStatus = "waiting" | "parsing" | "splitting" | "indexing" | "completed";
const STAGES: IndexingStatus[] = ["waiting", "parsing", "splitting", "indexing"];

/** The stage that a document has reached by now. */
export function indexingStatus(document: Document): IndexingStatus {
  const { began, lasts } = document.indexing;
  const spent = Date.now() - began;
  if (spent >= lasts) return "completed";
  return STAGES[Math.floor((spent / lasts) * STAGES.length)] ?? "waiting";
}

/** The knowledge bases, with everything in them. */
export class Knowledge {
  readonly datasets = new Map<string, Dataset>();
  readonly tags: Tag[] = [];
  /** The seeded knowledge base: two documents, keyword search. */
  readonly seeded: Dataset;

  /** @param indexingTime how long a document takes to be indexed, in milliseconds */
  constructor(
    readonly accountId: string,
    private readonly indexingTime: number,
  ) {
    this.seeded = this.addDataset({ name: "fake handbook", description: "what the fake server knows" });
    this.seeded.indexingTechnique = "economy";
    this.seeded.retrievalModel = {
      search_method: "keyword_search",
      reranking_enable: false,
      top_k: 2,
      score_threshold_enabled: false,
    };
    const rule: ProcessRule = {
      mode: "custom",
      rules: {
        pre_processing_rules: [
          { id: "remove_extra_spaces", enabled: true },
          { id: "remove_urls_emails", enabled: false },
        ],
        segmentation: { separator: "\n\n", max_tokens: 200, chunk_overlap: 20 },
      },
    };
    for (const [name, text] of HANDBOOK) {
      const document = this.addDocument(this.seeded, {
        name,
        content: Buffer.from(text),
        upload: { name, extension: "txt", mimeType: "text/plain" },
        rule,
        docForm: "text_model",
        docLanguage: "English",
      });
      document.indexing.lasts = 0;
    }
  }

  addDataset(fields: Pick<Dataset, "name" | "description">): Dataset {
    const at = epoch();
    const dataset: Dataset = {
      id: randomUUID(),
      permission: "only_me",
      indexingTechnique: null,
      embeddingModel: null,
      embeddingProvider: null,
      retrievalModel: null,
      createdAt: at,
      updatedAt: at,
      docForm: null,
      documents: [],
      fields: [],
      builtInFields: false,
      rule: undefined,
      positions: 0,
      ...fields,
    };
    this.datasets.set(dataset.id, dataset);
    return dataset;
  }

  dataset(id: string): Dataset {
    const dataset = this.datasets.get(id.toLowerCase());
    if (!dataset) throw refuse.notFound("Dataset not found.");
    return dataset;
  }

  addDocument(
    dataset: Dataset,
    source: {
      name: string;
      content: Buffer;
      upload: { name: string; extension: string; mimeType: string };
      rule: ProcessRule | undefined;
      docForm: string;
      docLanguage: string;
    },
  ): Document {
    dataset.positions += 1;
    dataset.docForm ??= source.docForm;
    const at = epoch();
    const rule = this.rememberRule(dataset, source.rule);
    const document: Document = {
      id: randomUUID(),
      dataset,
      position: dataset.positions,
      batch: newBatch(),
      name: source.name,
      upload: uploadRecord(source.upload, source.content),
      content: source.content,
      ruleId: rule.id,
      rule: rule.rule,
      createdFrom: "api",
      createdAt: at,
      updatedAt: at,
      indexing: { began: Date.now(), lasts: this.indexingTime },
      reindexed: false,
      segments: [],
      enabled: true,
      disabledAt: null,
      archived: false,
      docForm: source.docForm,
      docLanguage: source.docLanguage,
      metadata: null,
    };
    dataset.documents.push(document);
    this.cutDocument(document);
    return document;
  }

  /** Gives a document a new source, a new rule or both, and indexes it again. */
  replaceSource(
    document: Document,
    source: {
      name: string | undefined;
      content: Buffer | undefined;
      upload: { name: string; extension: string; mimeType: string } | undefined;
      rule: ProcessRule | undefined;
    },
  ): void {
    if (source.name !== undefined) document.name = source.name;
    if (source.content && source.upload) {
      document.content = source.content;
      document.upload = uploadRecord(source.upload, source.content);
    }
    if (source.rule) {
      const rule = this.rememberRule(document.dataset, source.rule);
      document.ruleId = rule.id;
      document.rule = rule.rule;
    }
    document.createdFrom = "web";
    document.updatedAt = epoch();
    document.reindexed = true;
    document.indexing = { began: Date.now(), lasts: this.indexingTime };
    this.cutDocument(document);
  }

  addSegment(document: Document, content: string, answer: string | null, keywords: string[] | null): Segment {
    const at = epoch();
    const economy = document.dataset.indexingTechnique === "economy";
    const segment: Segment = {
      id: randomUUID(),
      position: Math.max(0, ...document.segments.map((other) => other.position)) + 1,
      content,
      answer,
      keywords: keywords ?? (economy ? keywordsOf(content) : null),
      indexNodeId: randomUUID(),
      hitCount: 0,
      enabled: true,
      disabledAt: null,
      createdAt: at,
      updatedAt: at,
      edited: false,
      children: [],
    };
    document.segments.push(segment);
    if (document.docForm === "hierarchical_model") this.cutChildren(segment);
    return segment;
  }

  /** Cuts a parent segment into its children anew. */
  cutChildren(segment: Segment): void {
    segment.children = [];
    for (const line of segment.content.split("\n").filter((part) => part.trim() !== "")) {
      this.addChild(segment, line, "automatic");
    }
  }

  addChild(segment: Segment, content: string, type: ChildChunk["type"]): ChildChunk {
    const at = epoch();
    const position = Math.max(0, ...segment.children.map((child) => child.position)) + 1;
    const child: ChildChunk = { id: randomUUID(), content, position, type, createdAt: at, updatedAt: at };
    segment.children.push(child);
    return child;
  }

  private rememberRule(dataset: Dataset, rule: ProcessRule | undefined): { id: string; rule: ProcessRule } {
    if (rule || !dataset.rule) {
      dataset.rule = { id: randomUUID(), rule: rule ?? { mode: "automatic", rules: null } };
    }
    return dataset.rule;
  }

  private cutDocument(document: Document): void {
    document.segments = [];
    for (const content of cut(document.content.toString("utf8"), document.rule)) {
      this.addSegment(document, content, null, null);
    }
  }
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function uploadRecord(upload: { name: string; extension: string; mimeType: string }, content: Buffer) {
  return { id: randomUUID(), ...upload, size: content.length, createdAt: Date.now() / 1000 };
}

/** The name of a batch: the time, and six digits. */
function newBatch(): string {
  return new Date().toISOString().replace(/\D/g, "").slice(0, 14) + String(randomInt(100_000, 1_000_000));
}

const HANDBOOK: [string, string][] = [
  [
    "dify.txt",
    "Dify is an open-source platform for building AI applications.\n\n" +
      "It combines Backend-as-a-Service and LLMOps to streamline development.\n\n" +
      "Knowledge retrieval works with keyword tables or vectors.",
  ],
  ["animals.txt", "Cats purr and sleep.\n\nDogs bark and run.\n\nBirds sing in the morning."],
];
