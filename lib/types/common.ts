/** One of the known names, which an editor offers, or another: a newer server may know more. */
export type OpenEnum<Known extends string> = Known | (string & Record<never, never>);

/** The answer of operations that have nothing to say but that they were done. */
export interface Success {
  result: "success";
}

/** The body of most errors. */
export interface ErrorBody {
  code: string;
  message: string;
  /** The HTTP status again. */
  status: number;
}

/** A page of a list that is paged by number. */
export interface Page<T> {
  data: T[];
  /** Whether there is a page after this one. */
  has_more: boolean;
  limit: number;
  /** How many items there are on all pages. */
  total: number;
  page: number;
}

/** A page of a list that is paged by the id of its last (or first) item. */
export interface CursorPage<T> {
  data: T[];
  has_more: boolean;
  limit: number;
}

/** The arguments of a method that has none. */
export type NoArgs = Record<string, never>;

/** Stands for an answer that is a file: read `content`; `json()` raises. */
export type BinaryBody = never;

/** A text in several languages, by locale. */
export interface LocalizedText {
  en_US: string;
  zh_Hans: string;
  [locale: string]: string;
}
