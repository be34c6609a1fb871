/**
 * A small picture encoder and a fused model on it, made of seeded noise: for tests.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { rng } from "@aisle/shared/random";
import type { FusedModel } from "../../model/fused_model.ts";
import type { TextModel } from "../../model/text_model.ts";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";
import type { EncoderGraph } from "../full_graph.ts";

/** Side of its pictures, places of its map, features. */
export const TINY_SIZE = 16, TINY_MAP = 4, TINY_DIMS = 8;
/** Hand-made features of {@linkcode tinyHandmade}. */
const TINY_HANDMADE = 3;

/** One convolution, ReLU and their mean. */
export function tinyEncoder(seed = 1): EncoderGraph {
  const random = rng(seed), S = TINY_SIZE, D = TINY_DIMS;
  const graph: Graph = {
    name: "tiny",
    inputs: [{ name: "pixels", type: "uint8", shape: ["N", S, S, 3] }],
    outputs: [
      { name: "embedding", type: "float32", shape: ["N", D] },
      { name: "map", type: "float32", shape: ["N", TINY_MAP, TINY_MAP, D] },
    ],
    initializers: [
      { name: "byte", type: "float32", shape: [1], data: Float32Array.of(255) },
      {
        name: "kernel",
        type: "float32",
        shape: [D, 3, 4, 4],
        data: Float32Array.from({ length: D * 48 }, () => random() - 0.45),
      },
    ],
    nodes: [
      { op: "Cast", inputs: ["pixels"], outputs: ["bytes"], attributes: { to: 1 } },
      { op: "Div", inputs: ["bytes", "byte"], outputs: ["unit"] },
      {
        op: "Transpose",
        inputs: ["unit"],
        outputs: ["planes"],
        attributes: { perm: [0, 3, 1, 2] },
      },
      {
        op: "Conv",
        inputs: ["planes", "kernel"],
        outputs: ["conv"],
        attributes: { strides: [4, 4] },
      },
      { op: "Relu", inputs: ["conv"], outputs: ["relu"] },
      { op: "Transpose", inputs: ["relu"], outputs: ["map"], attributes: { perm: [0, 2, 3, 1] } },
      { op: "GlobalAveragePool", inputs: ["relu"], outputs: ["mean"] },
      { op: "Flatten", inputs: ["mean"], outputs: ["embedding"], attributes: { axis: 1 } },
    ],
  };
  return {
    name: "tiny",
    id: sha256(encodeOnnx(graph)),
    dims: D,
    recipe: { version: 1, size: S, fit: "stretch" },
    graph,
  };
}

/** Mean red, green and blue. */
export function tinyHandmade(pixels: Uint8Array, size: number): Float32Array {
  const out = new Float32Array(TINY_HANDMADE);
  for (let i = 0; i < pixels.length; i++) out[i % 3]! += pixels[i]! / (255 * size * size);
  return out;
}

/** What {@linkcode tinyFused} is made with. */
export interface TinyFusedOptions {
  readonly seed?: number;
  readonly head?: boolean;
  readonly margins?: boolean;
  readonly handmade?: boolean;
  readonly roots?: boolean;
  readonly cascade?: number | null;
}

/** Random heads over {@linkcode tinyEncoder} for the classes of `text`. */
export function tinyFused(text: TextModel, options: TinyFusedOptions = {}): FusedModel {
  const random = rng(options.seed ?? 7), classes = text.classes.length;
  const dims = TINY_DIMS + (options.handmade === true ? TINY_HANDMADE : 0);
  const noise = (length: number, size: number) =>
    Float32Array.from({ length }, () => (random() - 0.5) * size);
  const { id, name } = tinyEncoder();
  return {
    encoder: { name, id, dims: TINY_DIMS },
    handmade: options.handmade === true ? { version: 1, dims: TINY_HANDMADE } : null,
    image: { dims, classes, weights: noise(dims * classes, 3), bias: noise(classes, 1) },
    roots: options.roots ?? true,
    imageCalibration: { a: 2, b: -0.3 },
    fusion: {
      classes,
      textWeight: 0.9,
      imageWeight: 0.6,
      head: options.head === true
        ? {
          texts: noise(classes * classes, 0.4),
          images: noise(classes * classes, 0.4),
          bias: noise(classes, 0.5),
        }
        : null,
      margins: options.margins ?? false,
    },
    fusionCalibration: { a: 1.1, b: -0.2 },
    cascade: { confidence: options.cascade ?? null, skipped: 0.5, maxLoss: 0.001 },
    autoConfidence: 0.8,
    thresholds: text.thresholds,
    oof: text.oof,
  };
}
