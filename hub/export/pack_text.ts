/**
 * A trained text model becomes the bytes that are judged and served.
 *
 * Pure: the same model, provenance and params give the same bytes. Nothing here knows of runs, dates or figures.
 *
 * @module
 */
import {
  BUNDLE_FILES,
  BUNDLE_FORMAT,
  type Manifest,
  type ManifestContent,
  pack,
} from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import type { InputStats } from "@aisle/shared/inputs";
import { specToBytes } from "@aisle/shared/features";
import type { TextModel } from "../model/text_model.ts";
import type { Params } from "../params.ts";
import { goldenSamples, type ScoringParts } from "./golden_samples.ts";
import type { SentenceParts, SentenceScoresOf } from "./sentence_export.ts";
import { exportText } from "./text_graph.ts";

/** What a bundle is made from, beside the model. */
export interface PackTextInput {
  readonly provenance: Manifest["provenance"];
  /** Rows of each class that the model was fitted on, by code. */
  readonly classRows: Readonly<Record<string, number>>;
  readonly params: {
    readonly export: Params["export"];
    readonly evaluate: Pick<Params["evaluate"], "autoPrecision">;
  };
  /** What the products that it was trained on look like; null where nobody looked. */
  readonly inputs?: InputStats | null;
  /** Exactly where the model has a sentence head: its part of the bundle, and what it adds to golden samples. */
  readonly sentence?: (SentenceParts & { readonly scoresOf: SentenceScoresOf }) | null;
}

/** Files and manifest of a text model, without the golden samples. */
export interface TextParts {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly content: Omit<ManifestContent, "kind" | "golden" | "fused">;
  readonly scoring: ScoringParts;
}

/**
 * The bundle of `model`.
 *
 * @throws {AppError} `training-failed` when the model holds a value that is no finite number
 */
export function packText(model: TextModel, input: PackTextInput): Uint8Array<ArrayBuffer> {
  const { files, content, scoring } = textParts(model, input);
  const golden = goldenSamples(scoring, input.params.export.goldenSamples);
  return pack({ ...content, kind: "text", golden }, files);
}

/** What the bundles of a text model and of a fused one share; see {@linkcode packText}. */
export function textParts(model: TextModel, input: PackTextInput): TextParts {
  const { params, sentence } = input;
  requireFinite(model);
  if (!sentence !== (model.sentences === undefined)) {
    throw new TypeError("A sentence encoder must be packed exactly where the model has its head");
  }
  const exported = exportText(model, params.export);
  const { spec, bias, calibration } = model;
  const threshold = model.thresholds.find((t) => t.precision === params.evaluate.autoPrecision);
  const rows = model.classes.map((code) => input.classRows[code] ?? 0);
  const total = rows.reduce((sum, n) => sum + n, 0);
  return {
    content: {
      format: BUNDLE_FORMAT,
      classes: [...model.classes],
      features: { version: spec.version, buckets: spec.idf.length },
      model: { weights: params.export.weights, rows: exported.rows },
      ...(sentence && { sentence: sentence.section }),
      calibration: { a: calibration.a, b: calibration.b },
      thresholds: model.thresholds.map(({ precision, confidence, coverage }) => ({
        precision,
        confidence,
        coverage,
      })),
      decision: {
        autoPrecision: params.evaluate.autoPrecision,
        confidence: threshold?.confidence ?? null,
      },
      reference: {
        prior: rows.map((n) => total === 0 ? 0 : n / total),
        confidence: [...model.oof.histogram.counts],
        ...(model.oof.predicted && { predicted: [...model.oof.predicted] }),
        ...(input.inputs && { inputs: input.inputs }),
      },
      provenance: input.provenance,
    },
    files: {
      [BUNDLE_FILES.features]: specToBytes(spec),
      [BUNDLE_FILES.model]: exported.onnx,
      [BUNDLE_FILES.rows]: exported.rowMap,
      ...sentence?.files,
    },
    scoring: {
      spec,
      exported,
      bias,
      calibration,
      ...(sentence && { sentences: sentence.scoresOf }),
    },
  };
}

function requireFinite({ weights, bias, calibration, sentences }: TextModel): void {
  const bad = weights.some((w) => !Number.isFinite(w))
    ? "a weight"
    : sentences && ![...sentences.weights, ...sentences.bias].every(Number.isFinite)
    ? "the sentence head"
    : bias.some((b) => !Number.isFinite(b))
    ? "a bias"
    : !Number.isFinite(calibration.a) || !Number.isFinite(calibration.b)
    ? "the calibration"
    : null;
  if (bad !== null) {
    throw new AppError(
      "training-failed",
      `Cannot pack the model: ${bad} is no finite number. Train again from a cold start`,
    );
  }
}
