import { type Answer, type Call, json } from "./call";
import { refuse } from "./errors";
import { repr } from "./python";
import type { Route } from "./router";

/** The one provider of models that the fake server has. */
export const PROVIDER = "langgenius/fake/fake";

interface Model {
  name: string;
  label: string;
  features: string[] | null;
  properties: Record<string, unknown>;
}

const MODELS: Record<string, Model | undefined> = {
  llm: {
    name: "fake-chat",
    label: "Fake Chat",
    features: ["tool-call", "multi-tool-call", "stream-tool-call", "vision", "agent-thought"],
    properties: { mode: "chat", context_size: 8192 },
  },
  "text-embedding": {
    name: "fake-embedding",
    label: "Fake Embedding",
    features: null,
    properties: { context_size: 8192, max_chunks: 32 },
  },
  rerank: { name: "fake-rerank", label: "Fake Rerank", features: null, properties: { context_size: 8192 } },
  speech2text: {
    name: "fake-asr",
    label: "Fake ASR",
    features: null,
    properties: {
      file_upload_limit: 25,
      supported_file_extensions: "flac,mp3,mp4,mpeg,mpga,m4a,ogg,wav,webm",
    },
  },
  tts: {
    name: "fake-tts",
    label: "Fake TTS",
    features: null,
    properties: {
      default_voice: "alloy",
      voices: [{ mode: "alloy", name: "Alloy", language: ["en-US", "zh-Hans"] }],
      word_limit: 3500,
      audio_type: "mp3",
      max_workers: 5,
    },
  },
  moderation: undefined,
};

function modelsOfType(call: Call): Answer {
  const type = call.param("model_type");
  if (!Object.hasOwn(MODELS, type)) throw refuse.invalid(`${repr(type)} is not a valid ModelType`);
  const model = MODELS[type];
  if (!model) return json({ data: [] });
  const { tenantId } = call.state;
  const host = call.request.headers.host ?? "127.0.0.1";
  const icon = `http://${host}/console/api/workspaces/${tenantId}/model-providers/${PROVIDER}/icon_small`;
  return json({
    data: [
      {
        tenant_id: tenantId,
        provider: PROVIDER,
        label: { zh_Hans: "Fake", en_US: "Fake" },
        icon_small: { zh_Hans: `${icon}/zh_Hans`, en_US: `${icon}/en_US` },
        icon_small_dark: null,
        status: "active",
        models: [
          {
            model: model.name,
            label: { zh_Hans: model.label, en_US: model.label },
            model_type: type,
            features: model.features,
            fetch_from: "predefined-model",
            model_properties: model.properties,
            deprecated: false,
            status: "active",
            load_balancing_enabled: false,
            has_invalid_load_balancing_configs: false,
          },
        ],
      },
    ],
  });
}

export const modelRoutes: Route[] = [
  {
    method: "GET",
    rule: "/workspaces/current/models/model-types/<string:model_type>",
    key: "dataset",
    handler: modelsOfType,
  },
];
