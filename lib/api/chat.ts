import { endpoint } from "../core/endpoint";
import type { Mode, Reply, ResponseMode } from "../core/mode";
import type { RequestOptions } from "../core/options";
import {
  as,
  choice,
  dropped,
  file,
  flag,
  id,
  integer,
  json,
  list,
  nullable,
  number,
  object,
  optional,
  text,
  unless,
} from "../core/params";
import type { DifyResponse } from "../core/response";
import type {
  Annotation,
  AnnotationList,
  AnnotationReplyActionArgs,
  AnnotationReplyJob,
  AudioToTextArgs,
  ChatAnswer,
  ChatStreamEvent,
  Conversation,
  ConversationList,
  ConversationVariable,
  ConversationVariables,
  CreateAnnotationArgs,
  CreateChatMessageArgs,
  DeleteAnnotationArgs,
  DeleteConversationArgs,
  GetAnnotationReplyStatusArgs,
  GetConversationMessagesArgs,
  GetConversationsArgs,
  GetConversationVariablesArgs,
  GetSuggestedArgs,
  ListAnnotationsArgs,
  ListConversationVariablesWithPaginationArgs,
  MessageHistory,
  RenameConversationArgs,
  StopMessageArgs,
  Success,
  SuggestedQuestions,
  Transcript,
  UpdateAnnotationArgs,
  UpdateConversationVariableArgs,
} from "../types";
import { DifyApi, type Generation } from "./base";

const createChatMessage = endpoint<CreateChatMessageArgs<ResponseMode>>(
  "createChatMessage",
  "POST /chat-messages",
  {
    inputs: object,
    query: text,
    user: text,
    response_mode: optional(choice("blocking", "streaming"), "blocking"),
    conversation_id: optional(id),
    files: optional(list),
    auto_generate_name: optional(flag),
    workflow_id: optional(id),
  },
  { answer: "mode", slow: true },
);
const getSuggested = endpoint<GetSuggestedArgs>("getSuggested", "GET /messages/{message_id}/suggested", {
  message_id: id,
  user: text,
});
const stopMessage = endpoint<StopMessageArgs>("stopMessage", "POST /chat-messages/{task_id}/stop", {
  task_id: id,
  user: text,
});
const getConversations = endpoint<GetConversationsArgs>("getConversations", "GET /conversations", {
  user: text,
  last_id: optional(id),
  limit: optional(integer),
  pinned: optional(flag),
  sort_by: optional(text),
});
const getConversationMessages = endpoint<GetConversationMessagesArgs>(
  "getConversationMessages",
  "GET /messages",
  {
    user: text,
    conversation_id: optional(id),
    first_id: optional(id),
    limit: dropped(integer),
  },
);
const renameConversation = endpoint<RenameConversationArgs>(
  "renameConversation",
  "POST /conversations/{conversation_id}/name",
  { conversation_id: id, name: unless("auto_generate", text), auto_generate: optional(flag), user: text },
);
const deleteConversation = endpoint<DeleteConversationArgs>(
  "deleteConversation",
  "DELETE /conversations/{conversation_id}",
  { conversation_id: id, user: text },
);
const audioToText = endpoint<AudioToTextArgs<Mode>>(
  "audioToText",
  "POST /audio-to-text",
  { user: text, audio_file: as("file", file) },
  { slow: true, aliases: { file: "audio_file" } },
);
const action = choice("enable", "disable");
const annotationReplyAction = endpoint<AnnotationReplyActionArgs>(
  "annotationReplyAction",
  "POST /apps/annotation-reply/{action}",
  { action, score_threshold: number, embedding_provider_name: text, embedding_model_name: text },
);
const annotationReplyStatus = (operation: string) =>
  endpoint<GetAnnotationReplyStatusArgs>(operation, "GET /apps/annotation-reply/{action}/status/{job_id}", {
    action,
    job_id: id,
  });
const getAnnotationReplyStatus = annotationReplyStatus("getAnnotationReplyStatus");
const getAnnotationReplyJobStatus = annotationReplyStatus("getAnnotationReplyJobStatus");
const annotationList = (operation: string) =>
  endpoint<ListAnnotationsArgs>(operation, "GET /apps/annotations", {
    page: optional(integer, 1),
    limit: optional(integer, 20),
    keyword: optional(text),
  });
const listAnnotations = annotationList("listAnnotations");
const listAnnotationsWithPagination = annotationList("listAnnotationsWithPagination");
const annotationCreation = (operation: string) =>
  endpoint<CreateAnnotationArgs>(operation, "POST /apps/annotations", { question: text, answer: text });
const createAnnotation = annotationCreation("createAnnotation");
const createAnnotationWithResponse = annotationCreation("createAnnotationWithResponse");
const annotationUpdate = (operation: string) =>
  endpoint<UpdateAnnotationArgs>(operation, "PUT /apps/annotations/{annotation_id}", {
    annotation_id: id,
    question: text,
    answer: text,
  });
const updateAnnotation = annotationUpdate("updateAnnotation");
const updateAnnotationWithResponse = annotationUpdate("updateAnnotationWithResponse");
const annotationDeletion = (operation: string) =>
  endpoint<DeleteAnnotationArgs>(operation, "DELETE /apps/annotations/{annotation_id}", {
    annotation_id: id,
  });
const deleteAnnotation = annotationDeletion("deleteAnnotation");
const deleteAnnotationWithResponse = annotationDeletion("deleteAnnotationWithResponse");
const getConversationVariables = endpoint<GetConversationVariablesArgs>(
  "getConversationVariables",
  "GET /conversations/{conversation_id}/variables",
  {
    conversation_id: id,
    user: text,
    last_id: optional(id),
    limit: optional(integer),
    variable_name: optional(text),
  },
);
/** Also a method of the knowledge base client, as in Python. */
export const listConversationVariablesWithPagination = endpoint<ListConversationVariablesWithPaginationArgs>(
  "listConversationVariablesWithPagination",
  "GET /conversations/{conversation_id}/variables",
  {
    conversation_id: id,
    user: text,
    page: optional(integer, 1),
    limit: optional(integer, 20),
    last_id: optional(id),
    variable_name: optional(text),
  },
);
const variableUpdate = (operation: string) =>
  endpoint<UpdateConversationVariableArgs>(
    operation,
    "PUT /conversations/{conversation_id}/variables/{variable_id}",
    {
      conversation_id: id,
      variable_id: id,
      value: nullable(json),
      user: text,
    },
  );
const updateConversationVariable = variableUpdate("updateConversationVariable");
/** Also a method of the knowledge base client, as in Python. */
export const updateConversationVariableWithResponse = variableUpdate(
  "updateConversationVariableWithResponse",
);

/** The methods of a chat app (chat, agent, chatflow). Python's `ChatClient`. */
export abstract class ChatApi<M extends Mode> extends DifyApi<M> {
  /**
   * Sends a message. Without `conversation_id` a new conversation begins; the answer carries its id. Blocking (the
   * default) gives the whole answer, after up to 10 minutes; `response_mode: "streaming"` gives an event stream,
   * which the caller reads to its end or closes. `POST /chat-messages` · Python `create_chat_message`
   */
  createChatMessage<R extends ResponseMode = "blocking">(
    args: CreateChatMessageArgs<R>,
    options?: RequestOptions<M>,
  ): Generation<M, R, ChatAnswer, ChatStreamEvent> {
    return this.call(createChatMessage, args, options);
  }

  /** Questions that could follow a message. `GET /messages/{message_id}/suggested` · Python `get_suggested` */
  getSuggested(
    args: GetSuggestedArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<SuggestedQuestions>> {
    return this.call(getSuggested, args, options);
  }

  /**
   * Stops a running answer; `task_id` is in every event of its stream. Succeeds for unknown tasks too.
   * `POST /chat-messages/{task_id}/stop` · Python `stop_message`
   */
  stopMessage(args: StopMessageArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Success>> {
    return this.call(stopMessage, args, options);
  }

  /** A page of the user's conversations, the latest first. `GET /conversations` · Python `get_conversations` */
  getConversations(
    args: GetConversationsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationList>> {
    return this.call(getConversations, args, options);
  }

  /** A page of a conversation's messages. The server wants `conversation_id`. `GET /messages` · Python `get_conversation_messages` */
  getConversationMessages(
    args: GetConversationMessagesArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<MessageHistory>> {
    return this.call(getConversationMessages, args, options);
  }

  /**
   * Gives a conversation a name, or has one made with `auto_generate: true`.
   * `POST /conversations/{conversation_id}/name` · Python `rename_conversation`
   */
  renameConversation(
    args: RenameConversationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Conversation>> {
    return this.call(renameConversation, args, options);
  }

  /** Deletes a conversation; the answer is empty (204). `DELETE /conversations/{conversation_id}` · Python `delete_conversation` */
  deleteConversation(
    args: DeleteConversationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<null>> {
    return this.call(deleteConversation, args, options);
  }

  /**
   * Text for speech. Waits up to 10 minutes for the answer. A refused upload raises `FileUploadError`.
   * `POST /audio-to-text` · Python `audio_to_text`
   */
  audioToText(args: AudioToTextArgs<M>, options?: RequestOptions<M>): Reply<M, DifyResponse<Transcript>> {
    return this.call(audioToText, args, options);
  }

  /** Turns answering from annotations on or off; a job does it. `POST /apps/annotation-reply/{action}` · Python `annotation_reply_action` */
  annotationReplyAction(
    args: AnnotationReplyActionArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AnnotationReplyJob>> {
    return this.call(annotationReplyAction, args, options);
  }

  /** How far that job is. `GET /apps/annotation-reply/{action}/status/{job_id}` · Python `get_annotation_reply_status` */
  getAnnotationReplyStatus(
    args: GetAnnotationReplyStatusArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AnnotationReplyJob>> {
    return this.call(getAnnotationReplyStatus, args, options);
  }

  /** A page of the app's annotations. `GET /apps/annotations` · Python `list_annotations` */
  listAnnotations(
    args?: ListAnnotationsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AnnotationList>> {
    return this.call(listAnnotations, args, options);
  }

  /** Adds a question with its answer. `POST /apps/annotations` · Python `create_annotation` */
  createAnnotation(
    args: CreateAnnotationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Annotation>> {
    return this.call(createAnnotation, args, options);
  }

  /** Changes an annotation. `PUT /apps/annotations/{annotation_id}` · Python `update_annotation` */
  updateAnnotation(
    args: UpdateAnnotationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Annotation>> {
    return this.call(updateAnnotation, args, options);
  }

  /** Deletes an annotation; the answer is empty (204). `DELETE /apps/annotations/{annotation_id}` · Python `delete_annotation` */
  deleteAnnotation(args: DeleteAnnotationArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<null>> {
    return this.call(deleteAnnotation, args, options);
  }

  /** The conversation's variables. `GET /conversations/{conversation_id}/variables` · Python `get_conversation_variables` */
  getConversationVariables(
    args: GetConversationVariablesArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariables>> {
    return this.call(getConversationVariables, args, options);
  }

  /**
   * Sets a conversation's variable; the value must fit its type, and floats are refused by the server.
   * `PUT /conversations/{conversation_id}/variables/{variable_id}` · Python `update_conversation_variable`
   */
  updateConversationVariable(
    args: UpdateConversationVariableArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariable>> {
    return this.call(updateConversationVariable, args, options);
  }

  /** As `deleteAnnotation`. `DELETE /apps/annotations/{annotation_id}` · Python `delete_annotation_with_response` */
  deleteAnnotationWithResponse(
    args: DeleteAnnotationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<null>> {
    return this.call(deleteAnnotationWithResponse, args, options);
  }

  /**
   * The conversation's variables; `page` is sent as Python does, though the server pages by `last_id`.
   * `GET /conversations/{conversation_id}/variables` · Python `list_conversation_variables_with_pagination`
   */
  listConversationVariablesWithPagination(
    args: ListConversationVariablesWithPaginationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariables>> {
    return this.call(listConversationVariablesWithPagination, args, options);
  }

  /**
   * As `updateConversationVariable`.
   * `PUT /conversations/{conversation_id}/variables/{variable_id}` · Python `update_conversation_variable_with_response`
   */
  updateConversationVariableWithResponse(
    args: UpdateConversationVariableArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariable>> {
    return this.call(updateConversationVariableWithResponse, args, options);
  }

  /** As `getAnnotationReplyStatus`. `GET /apps/annotation-reply/{action}/status/{job_id}` · Python `get_annotation_reply_job_status` */
  getAnnotationReplyJobStatus(
    args: GetAnnotationReplyStatusArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AnnotationReplyJob>> {
    return this.call(getAnnotationReplyJobStatus, args, options);
  }

  /** As `listAnnotations`. `GET /apps/annotations` · Python `list_annotations_with_pagination` */
  listAnnotationsWithPagination(
    args?: ListAnnotationsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AnnotationList>> {
    return this.call(listAnnotationsWithPagination, args, options);
  }

  /** As `createAnnotation`. `POST /apps/annotations` · Python `create_annotation_with_response` */
  createAnnotationWithResponse(
    args: CreateAnnotationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Annotation>> {
    return this.call(createAnnotationWithResponse, args, options);
  }

  /** As `updateAnnotation`. `PUT /apps/annotations/{annotation_id}` · Python `update_annotation_with_response` */
  updateAnnotationWithResponse(
    args: UpdateAnnotationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Annotation>> {
    return this.call(updateAnnotationWithResponse, args, options);
  }
}
