/**
 * A trained text model as bytes, between training and export. Not the bundle: nothing outside the hub reads it.
 *
 * Layout: u32 header length, header JSON, feature spec, u32 bucket numbers of the rows that are not zero, those
 * rows, bias, weights and bias of the sentence head where there is one; all little-endian.
 *
 * @module
 */
import { specFromBytes, specToBytes } from "@aisle/shared/features";
import type { SentenceHead } from "./sentence_head.ts";
import type { TextModel } from "./text_model.ts";

type Header = Pick<TextModel, "classes" | "calibration" | "thresholds" | "oof"> & {
  readonly specBytes: number;
  readonly rows: number;
  /** Encoder of the sentence head; its weights and biases end the bytes. */
  readonly sentences?: SentenceHead["encoder"];
};

/** Bytes of `model`, equal for equal models; buckets without weights cost nothing. */
export function modelToBytes(model: TextModel): Uint8Array<ArrayBuffer> {
  const { classes, weights, bias, calibration, thresholds, oof } = model;
  const width = classes.length;
  const used: number[] = [];
  for (let bucket = 0; bucket * width < weights.length; bucket++) {
    for (let at = bucket * width; at < (bucket + 1) * width; at++) {
      if (weights[at] === 0) continue;
      used.push(bucket);
      break;
    }
  }
  const rows = new Float32Array(used.length * width);
  used.forEach((bucket, r) =>
    rows.set(weights.subarray(bucket * width, (bucket + 1) * width), r * width)
  );
  const spec = specToBytes(model.spec);
  const header: Header = {
    classes,
    calibration,
    thresholds,
    oof,
    specBytes: spec.length,
    rows: used.length,
    ...(model.sentences && { sentences: model.sentences.encoder }),
  };
  const head = new TextEncoder().encode(JSON.stringify(header));
  const parts = [
    new Uint8Array(Uint32Array.of(head.length).buffer),
    head,
    spec,
    new Uint8Array(Uint32Array.from(used).buffer),
    new Uint8Array(rows.buffer),
    bytesOf(bias),
    ...(model.sentences ? [model.sentences.weights, model.sentences.bias].map(bytesOf) : []),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The model in `bytes`, which {@linkcode modelToBytes} wrote. */
export function modelFromBytes(bytes: Uint8Array<ArrayBuffer>): TextModel {
  let at = 0;
  // Copied, because typed arrays must begin at multiples of four.
  const take = (length: number) => bytes.slice(at, at += length);
  const headBytes = new Uint32Array(take(4).buffer)[0]!;
  const { specBytes, rows, sentences: encoder, ...header } = JSON.parse(
    new TextDecoder().decode(take(headBytes)),
  ) as Header;
  const spec = specFromBytes(take(specBytes));
  const width = header.classes.length;
  const used = new Uint32Array(take(4 * rows).buffer);
  const values = new Float32Array(take(4 * rows * width).buffer);
  const bias = new Float32Array(take(4 * width).buffer);
  const weights = new Float32Array(spec.idf.length * width);
  used.forEach((bucket, r) =>
    weights.set(values.subarray(r * width, (r + 1) * width), bucket * width)
  );
  if (encoder === undefined) return { ...header, spec, weights, bias };
  const floats = (count: number) => new Float32Array(take(4 * count).buffer);
  const sentences = { encoder, weights: floats(encoder.dims * width), bias: floats(width) };
  return { ...header, spec, weights, bias, sentences };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
