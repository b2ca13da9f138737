import type { NoArgs, OpenEnum } from "./common";

/** A tag for knowledge bases. */
export interface Tag {
  id: string;
  name: string;
  type: OpenEnum<"knowledge">;
  /** How many knowledge bases have it: a number written as a string. */
  binding_count: string | null;
}

/** What `getDatasetTags` answers. */
export interface DatasetTags {
  data: Pick<Tag, "id" | "name">[];
  total: number;
}

/** `listDatasetTags` */
export type ListDatasetTagsArgs = NoArgs;

/** `bindDatasetTags` */
export interface BindDatasetTagsArgs {
  tag_ids: readonly string[];
  /** The knowledge base; default is the client's own. */
  target_id?: string | null | undefined;
}

/** `unbindDatasetTag` */
export interface UnbindDatasetTagArgs {
  tag_id: string;
  /** The knowledge base; default is the client's own. */
  target_id?: string | null | undefined;
  /** The API's newer form, for several tags at once. */
  tag_ids?: readonly string[] | null | undefined;
}

/** `getDatasetTags` */
export type GetDatasetTagsArgs = NoArgs;
