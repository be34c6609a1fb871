/**
 * Opens a bundle: everything that can be checked without a runtime is checked here, before one is started.
 *
 * @module
 */
import { AppError } from "../errors.ts";
import { type FeatureSpec, specFromBytes } from "../features/mod.ts";
import { bundleDigest, unpack } from "./container.ts";
import type { FusedSection, Manifest } from "./manifest.ts";
import {
  FULL_LIMITS,
  guardOnnx,
  type OnnxSummary,
  type TensorShape,
  TEXT_LIMITS,
} from "./onnx_guard.ts";
import { rowMapFromBytes } from "./row_map.ts";

/**
 * Names of the files inside a bundle; `full` only where the kind is `fused`, the last three only where the manifest has
 * a section `sentence`.
 */
export const BUNDLE_FILES = {
  features: "features.bin",
  full: "full.onnx",
  model: "text.onnx",
  rows: "rows.bin",
  sentence: "text_encoder.onnx",
  tokenizer: "tokenizer.json",
  tokenizerConfig: "tokenizer_config.json",
} as const;

/** Names and types of the graph's inputs and outputs (`TensorProto.DataType` 1 is float, 6 is int32). */
export const TEXT_GRAPH = { ids: "ids", values: "values", scores: "scores" } as const;

/**
 * Names of the inputs and outputs of `full.onnx`; shapes by batch N, size S, classes C, hand-made features H, map h x w.
 *
 * In: `pixels` uint8 [N,S,S,3]; `scores` float [N,C], those of `text.onnx`; `handmade` float [N,H] where there are any.
 * Out: `text`, `image`, `fused` float [N,C], calibrated log-probabilities; `imageScores` float [N,C], the linear scores
 * that `image` is made of; `activation` float [N,h,w,C], what each place adds to them, where the encoder has a map.
 */
export const FULL_GRAPH = {
  pixels: "pixels",
  scores: "scores",
  handmade: "handmade",
  text: "text",
  image: "image",
  fused: "fused",
  imageScores: "image_scores",
  activation: "activation",
} as const;

/**
 * Names of the inputs and the output of `text_encoder.onnx`: int32 [N,L] of tokens, and 1 where there is one and 0 where
 * there is padding; float [N,C], what they add to the scores of `text.onnx`.
 */
export const SENTENCE_GRAPH = {
  ids: "input_ids",
  mask: "attention_mask",
  scores: "scores",
} as const;

/** A sentence encoder with its tokenizer's files. */
export interface OpenSentence {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly tokenizer: string;
  readonly config: string;
  readonly maxTokens: number;
}

/** A bundle that passed every check. */
export interface OpenBundle {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly manifest: Manifest;
  readonly spec: FeatureSpec;
  /** The ONNX model; a view into the bundle's bytes. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** The ONNX model that reads pictures, a view too; null in text bundles. */
  readonly full: Uint8Array<ArrayBuffer> | null;
  /** What reads sentences beside the n-grams; null where nothing does. */
  readonly sentence: OpenSentence | null;
  /** Row of the weight table by bucket; 0 stands for "no weights". */
  readonly rowOfBucket: Int32Array;
}

/**
 * Checks every region of a bundle and opens it.
 *
 * @param expectedDigest the digest that the release document names; null only where the bytes name themselves
 *
 * @throws {AppError} `bundle-invalid`, saying what is wrong
 */
export function verify(bytes: Uint8Array<ArrayBuffer>, expectedDigest: string | null): OpenBundle {
  const digest = bundleDigest(bytes);
  if (expectedDigest !== null && digest !== expectedDigest) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: its digest must be ${expectedDigest}: current value is ${digest}`,
    );
  }
  const { manifest, files } = unpack(bytes);
  const file = (name: string): Uint8Array<ArrayBuffer> => {
    const region = files.get(name);
    if (region === undefined) {
      throw new AppError("bundle-invalid", `Cannot open the bundle: it has no file ${name}`);
    }
    return region;
  };
  const { fused } = manifest;
  const { features, full: fullName, model: modelName, rows: rowsName, ...sentenceNames } =
    BUNDLE_FILES;
  const known: readonly string[] = [
    features,
    modelName,
    rowsName,
    ...(fused === undefined ? [] : [fullName]),
    ...(manifest.sentence === undefined ? [] : Object.values(sentenceNames)),
  ];
  for (const name of files.keys()) {
    if (!known.includes(name)) {
      throw new AppError(
        "bundle-invalid",
        `Cannot open the bundle: it has the unknown file ${name}`,
      );
    }
  }
  const { buckets } = manifest.features, { rows } = manifest.model;
  const spec = specFromBytes(file(BUNDLE_FILES.features));
  if (spec.idf.length !== buckets) {
    throw new AppError(
      "bundle-invalid",
      `Cannot open the bundle: its feature space must have ${buckets} buckets: current value is ${spec.idf.length}`,
    );
  }
  const rowOfBucket = rowMapFromBytes(file(BUNDLE_FILES.rows), buckets, rows);
  const model = file(BUNDLE_FILES.model);
  requireTextGraph(guardOnnx(model, TEXT_LIMITS), rows, manifest.classes.length);
  const full = fused === undefined ? null : file(BUNDLE_FILES.full);
  if (fused !== undefined) {
    requireFullGraph(guardOnnx(full!, FULL_LIMITS), fused, manifest.classes.length);
  }
  const sentence = manifest.sentence === undefined ? null : {
    model: file(BUNDLE_FILES.sentence),
    tokenizer: new TextDecoder().decode(file(BUNDLE_FILES.tokenizer)),
    config: new TextDecoder().decode(file(BUNDLE_FILES.tokenizerConfig)),
    maxTokens: manifest.sentence.maxTokens,
  };
  if (sentence !== null) {
    requireSentenceGraph(guardOnnx(sentence.model, FULL_LIMITS), manifest.classes.length);
  }
  return { digest, sizeBytes: bytes.length, manifest, spec, model, full, sentence, rowOfBucket };
}

/** The graph must take and give what {@linkcode SENTENCE_GRAPH} says and nothing else. */
function requireSentenceGraph({ inputs, outputs }: OnnxSummary, classes: number): void {
  const tokens = { type: 6, shape: ["*", "*"] };
  requireValues("inputs", inputs, {
    [SENTENCE_GRAPH.ids]: tokens,
    [SENTENCE_GRAPH.mask]: tokens,
  });
  requireValues("outputs", outputs, {
    [SENTENCE_GRAPH.scores]: { type: 1, shape: ["*", classes] },
  });
}

/** The graph must take and give what {@linkcode FULL_GRAPH} says, in the manifest's sizes, and nothing else. */
function requireFullGraph(summary: OnnxSummary, { image }: FusedSection, classes: number): void {
  const { size } = image.recipe, { handmade, map } = image;
  const byClass = { type: 1, shape: ["*", classes] };
  const inputs: Record<string, TensorShape> = {
    [FULL_GRAPH.pixels]: { type: 2, shape: ["*", size, size, 3] },
    [FULL_GRAPH.scores]: byClass,
    ...(handmade === null
      ? {}
      : { [FULL_GRAPH.handmade]: { type: 1, shape: ["*", handmade.dims] } }),
  };
  const outputs: Record<string, TensorShape> = {
    [FULL_GRAPH.text]: byClass,
    [FULL_GRAPH.image]: byClass,
    [FULL_GRAPH.fused]: byClass,
    [FULL_GRAPH.imageScores]: byClass,
    ...(map === null
      ? {}
      : { [FULL_GRAPH.activation]: { type: 1, shape: ["*", map.height, map.width, classes] } }),
  };
  requireValues("inputs", summary.inputs, inputs);
  requireValues("outputs", summary.outputs, outputs);
}

/** `found` must be exactly `expected`; `*` stands for a dynamic dimension. */
function requireValues(
  which: string,
  found: ReadonlyMap<string, TensorShape>,
  expected: Readonly<Record<string, TensorShape>>,
): void {
  const written = (shape: TensorShape) =>
    `${shape.type}[${shape.shape.map((dim) => typeof dim === "string" ? "*" : dim)}]`;
  const names = Object.keys(expected);
  const bad = names.find((name) => {
    const value = found.get(name);
    return value === undefined || written(value) !== written(expected[name]!);
  });
  if (bad === undefined && found.size === names.length) return;
  const why = bad === undefined
    ? `it must have ${names.length} ${which}: current value is ${found.size}`
    : `of its ${which}, ${bad} must be ${written(expected[bad]!)}: current value is ${
      found.has(bad) ? written(found.get(bad)!) : "missing"
    }`;
  throw new AppError("bundle-invalid", `Cannot use the ONNX model: ${why}`);
}

/** The graph must take ids and values and give one score a class, from a table that has every row of the map. */
function requireTextGraph(summary: OnnxSummary, rows: number, classes: number): void {
  const refuse = (why: string) =>
    new AppError("bundle-invalid", `Cannot use the ONNX model: ${why}`);
  const { inputs, outputs, initializers } = summary;
  const ids = inputs.get(TEXT_GRAPH.ids), values = inputs.get(TEXT_GRAPH.values);
  const scores = outputs.get(TEXT_GRAPH.scores), table = initializers.get("table");
  if (
    inputs.size !== 2 || ids?.type !== 6 || ids.shape.length !== 2 || values?.type !== 1 ||
    values.shape.length !== 2
  ) throw refuse("its inputs must be ids (int32) and values (float), each [N,L]");
  if (outputs.size !== 1 || scores?.type !== 1 || scores.shape[1] !== classes) {
    throw refuse(`its output must be scores (float) [N,${classes}]`);
  }
  if (table?.shape[0] !== rows || table.shape[1] !== classes) {
    throw refuse(
      `its table must be [${rows},${classes}]: current value is [${table?.shape ?? ""}]`,
    );
  }
}
