import type { OpenEnum, Page } from "./common";

/** A question with a fixed answer. */
export interface Annotation {
  id: string;
  question: string | null;
  answer: string | null;
  hit_count: number | null;
  /** Epoch seconds. */
  created_at: number | null;
}

/** What the methods that list annotations answer. */
export interface AnnotationList extends Page<Annotation> {}

/** A job that switches annotation replies on or off. */
export interface AnnotationReplyJob {
  job_id: string;
  job_status: OpenEnum<"waiting" | "processing" | "completed" | "error">;
}

/** How such a job stands. */
export interface AnnotationReplyJobStatus extends AnnotationReplyJob {
  /** `""` unless it failed. */
  error_msg: string;
}

/** What to do with annotation replies. */
export type AnnotationReplyAction = "enable" | "disable";

/** `annotationReplyAction` */
export interface AnnotationReplyActionArgs {
  action: AnnotationReplyAction;
  /** How close a question must be, 0 to 1. */
  score_threshold: number;
  embedding_provider_name: string;
  embedding_model_name: string;
}

/** `getAnnotationReplyStatus` */
export interface GetAnnotationReplyStatusArgs {
  action: AnnotationReplyAction;
  job_id: string;
}

/** `getAnnotationReplyJobStatus` */
export interface GetAnnotationReplyJobStatusArgs {
  action: AnnotationReplyAction;
  job_id: string;
}

/** `listAnnotations` */
export interface ListAnnotationsArgs {
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  limit?: number | null | undefined;
  keyword?: string | null | undefined;
}

/** `listAnnotationsWithPagination` */
export interface ListAnnotationsWithPaginationArgs {
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  limit?: number | null | undefined;
  keyword?: string | null | undefined;
}

/** `createAnnotation` */
export interface CreateAnnotationArgs {
  question: string;
  answer: string;
}

/** `createAnnotationWithResponse` */
export interface CreateAnnotationWithResponseArgs {
  question: string;
  answer: string;
}

/** `updateAnnotation` */
export interface UpdateAnnotationArgs {
  annotation_id: string;
  question: string;
  answer: string;
}

/** `updateAnnotationWithResponse` */
export interface UpdateAnnotationWithResponseArgs {
  annotation_id: string;
  question: string;
  answer: string;
}

/** `deleteAnnotation` */
export interface DeleteAnnotationArgs {
  annotation_id: string;
}

/** `deleteAnnotationWithResponse` */
export interface DeleteAnnotationWithResponseArgs {
  annotation_id: string;
}
