/**
 * The words of `params.yaml` that name an encoder: `mobilenet-v2`, `onnx:PATH`, `hf:MODEL_ID_or_FOLDER`.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** A word, taken apart. */
export type EncoderSpec =
  | { readonly kind: "mobilenet-v2" }
  | { readonly kind: "onnx"; readonly path: string }
  | { readonly kind: "hf"; readonly model: string };

/**
 * Takes `spec` apart.
 *
 * @throws {AppError} `params-invalid` for a word that names no encoder
 */
export function parseEncoderSpec(spec: string): EncoderSpec {
  if (spec === "mobilenet-v2") return { kind: "mobilenet-v2" };
  const [, kind, rest] = /^(onnx|hf):(.+)$/s.exec(spec) ?? [];
  if (kind === "onnx") return { kind, path: rest! };
  if (kind === "hf") return { kind, model: rest! };
  throw new AppError(
    "params-invalid",
    `Cannot load an encoder: it must be mobilenet-v2, onnx:PATH or hf:MODEL_ID_or_FOLDER: current value is ${spec}`,
  );
}
