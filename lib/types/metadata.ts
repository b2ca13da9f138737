import type { NoArgs, OpenEnum, Success } from "./common";

/** The types of metadata fields; times are epoch seconds. */
export type MetadataType = "string" | "number" | "time";

/** A metadata field of a knowledge base. */
export interface MetadataField {
  id: string;
  name: string;
  type: OpenEnum<MetadataType>;
}

/** A field, and how many documents have it. */
export interface CountedMetadataField extends MetadataField {
  count: number;
}

/** What a document has in a field. */
export interface DocumentMetadataValue extends MetadataField {
  value: string | number | null;
}

/** What `getDatasetMetadata` answers. */
export interface DatasetMetadata {
  doc_metadata: CountedMetadataField[];
  built_in_field_enabled: boolean;
}

/** What `getBuiltInMetadata` answers: the fields that Dify itself fills. */
export interface BuiltInMetadata {
  fields: { name: string; type: OpenEnum<MetadataType> }[];
}

/** What `manageBuiltInMetadata` and `updateDocumentsMetadata` answer. */
export interface MetadataChanged extends Success {}

/** A field to create. */
export interface NewMetadataField {
  type: MetadataType;
  /** At most 255 characters. */
  name: string;
}

/** What to write into the fields of one document. */
export interface DocumentMetadataOperation {
  document_id: string;
  metadata_list: readonly DocumentMetadataEntry[];
  /** Keep the fields that are not listed. Default false: they are emptied. */
  partial_update?: boolean | null | undefined;
}

export interface DocumentMetadataEntry {
  /** The field's id. */
  id: string;
  /** The field's name. */
  name: string;
  value?: string | number | null | undefined;
}

/** `getDatasetMetadata` */
export type GetDatasetMetadataArgs = NoArgs;

/** `createDatasetMetadata` */
export interface CreateDatasetMetadataArgs {
  /** The whole body. */
  metadata_data: NewMetadataField;
}

/** `updateDatasetMetadata` */
export interface UpdateDatasetMetadataArgs {
  metadata_id: string;
  /** The whole body: a new name is all that can be given. */
  metadata_data: { name: string };
}

/** `getBuiltInMetadata` */
export type GetBuiltInMetadataArgs = NoArgs;

/** `manageBuiltInMetadata` */
export interface ManageBuiltInMetadataArgs {
  action: "enable" | "disable";
  /** The whole body; the server does not look at it. */
  metadata_data?: object | null | undefined;
}

/** `updateDocumentsMetadata` */
export interface UpdateDocumentsMetadataArgs {
  operation_data: readonly DocumentMetadataOperation[];
}
