/**
 * What there is to learn from pictures: a network from scratch, or the last blocks of an encoder.
 *
 * @module
 */
import type { ImageRecipe } from "@aisle/shared/images";
import type { Params } from "../params.ts";
import type { Graph } from "../onnx/mod.ts";
import { cnnGraph, cnnNetwork } from "./cnn.ts";
import { cutRows, fineTuned, fineTuneNetwork, planFineTune } from "./fine_tune.ts";
import { cutShapeOf } from "./front.ts";
import type { LearnParts, LearnSettings } from "./learn.ts";
import { pixelRows } from "./pixel_rows.ts";
import type { PicturedRows } from "./pictured_rows.ts";

/** Something to learn, and the encoder that comes of it. */
export interface LearnTask
  extends Pick<LearnParts, "network" | "rows" | "settings" | "weights" | "role"> {
  /** Of the encoder, for people. */
  readonly name: string;
  readonly recipe: ImageRecipe;
  /** The encoder, by what was learned. */
  graph(weights: Readonly<Record<string, Float32Array>>): Graph;
}

/** One of so many folds is held out. */
const FOLDS = 5;

type Given = Params["image"]["cnn"] | Params["image"]["finetune"];

function settingsOf(given: Given, emaDecay: number): LearnSettings {
  const { epochs, batchSize, rate, weightDecay, labelSmoothing, patience, seed } = given;
  return {
    ...{ epochs, batchSize, rate, weightDecay, labelSmoothing, patience, seed },
    emaDecay,
    folds: FOLDS,
  };
}

/** The CNN of `cnn.ts`; the rows' values are pixels [S,S,3]. */
export function cnnTask(rows: PicturedRows, params: Params["image"]["cnn"]): LearnTask {
  const { size, flip, crop, shift, colour } = params, classes = rows.classCount;
  return {
    name: `cnn@${size}`,
    recipe: { version: 1, size, fit: "stretch" },
    network: cnnNetwork({ size, classes }),
    settings: settingsOf(params, params.emaDecay),
    rows: pixelRows({
      count: rows.count,
      labels: rows.labels,
      classes,
      groups: rows.groups,
      // Kept in half precision, which has every level of a pixel
      pixelsOf: (row) => Uint8Array.from(rows.valuesOf(row)),
      size,
      variation: { flip, crop, shift, colour },
    }),
    graph: (weights) => cnnGraph(size, weights),
  };
}

/** An encoder whose last blocks learn. */
export interface BaseEncoder {
  readonly name: string;
  readonly recipe: ImageRecipe;
  readonly graph: Graph;
  readonly dims: number;
}

/** The last blocks of `base`; the rows' values are those at the cut. */
export function fineTuneTask(
  rows: PicturedRows,
  base: BaseEncoder,
  params: Params["image"]["finetune"],
): LearnTask {
  const plan = planFineTune(base.graph, params.blocks), cutShape = cutShapeOf(plan);
  const classes = rows.classCount;
  return {
    name: `${base.name}+${params.blocks}`,
    recipe: base.recipe,
    network: fineTuneNetwork(plan, { cutShape, dims: base.dims, classes }),
    settings: settingsOf(params, 0),
    weights: plan.weights,
    role: (name, shape) => ({
      rate: name.startsWith("head/") ? params.headRate : 1,
      decay: shape.length > 1,
    }),
    rows: cutRows({
      labels: rows.labels,
      classes,
      groups: rows.groups,
      count: rows.count,
      featuresOf: (row) => rows.valuesOf(row),
      cutShape,
    }),
    graph: (weights) => fineTuned(base.graph, plan, weights),
  };
}
