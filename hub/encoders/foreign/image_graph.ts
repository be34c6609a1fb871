/**
 * Any ONNX network that takes one picture a row, wrapped to an encoder's input and outputs.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { ImageRecipe } from "@aisle/shared/images";
import type { Graph } from "../../onnx/mod.ts";
import { ENCODER_GRAPH, type ImageEncoder, imageEncoder } from "../image_encoder.ts";
import { canonicalGraph, prunedTo } from "./canonical_graph.ts";
import { candidates, chooseOutput, outputNodes } from "./image_output.ts";
import { pictureInput, type PictureInputOptions, pictureNodes } from "./picture_input.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { probe } from "./probe.ts";

/** How a foreign network is wrapped. */
export interface ForeignImageOptions extends PictureInputOptions {
  /** For people: `onnx:resnet18`. */
  readonly name: string;
  readonly fit: ImageRecipe["fit"];
  /** Name of the output to take; null for the best by its shape. */
  readonly output: string | null;
  readonly preprocessor: Preprocessor | null;
  /** Told what was guessed. */
  readonly log: (message: string) => void;
}

/**
 * Wraps `foreign`.
 *
 * It is run once on two pictures: the sizes of its features are what comes out, and a network that takes one
 * picture at a time only is refused.
 *
 * @throws {AppError} `model-invalid`, saying what keeps it from being an encoder
 */
export async function foreignImageEncoder(
  foreign: Graph,
  options: ForeignImageOptions,
): Promise<ImageEncoder> {
  const graph = canonicalGraph(foreign);
  const input = pictureInput(graph, options.preprocessor, options);
  const { size } = input;
  const front = pictureNodes(input);
  const pixels = {
    name: ENCODER_GRAPH.pixels,
    type: "uint8" as const,
    shape: ["N", size, size, 3],
  };
  const whole: Graph = {
    ...graph,
    name: "encoder",
    inputs: [pixels],
    initializers: [...front.initializers, ...graph.initializers],
    nodes: [...front.nodes, ...graph.nodes],
  };
  const found = candidates(whole, options.output);
  const outputs = found.map(({ name, rank }) => ({
    name,
    type: "float32" as const,
    shape: Array.from({ length: rank }, (_, i) => `d${i}`),
  }));
  const shapes = await probe(prunedTo(whole, outputs), {
    [ENCODER_GRAPH.pixels]: {
      type: "uint8",
      data: twoPictures(size),
      shape: [2, size, size, 3],
    },
  });
  const chosen = chooseOutput(found, shapes, input.channels);
  if (chosen === null) {
    const seen = [...shapes].map(([name, shape]) => `${plain(name)} [${shape}]`).join(", ");
    throw new AppError(
      "model-invalid",
      `Cannot use the ONNX model as image encoder: it must give two vectors or maps for two pictures: current value is ${seen}`,
    );
  }
  const back = outputNodes(chosen);
  for (const told of input.told) options.log(`${options.name}: ${told}`);
  options.log(
    `${options.name}: features are ${plain(chosen.name)} [${["N", ...chosen.shape.slice(1)]}]`,
  );
  const wrapped = prunedTo({
    ...whole,
    initializers: [...whole.initializers, ...back.initializers],
    nodes: [...whole.nodes, ...back.nodes],
  }, back.outputs);
  return imageEncoder(`${options.name}@${size}`, { version: 1, size, fit: options.fit }, wrapped);
}

/** A grey picture and one with stripes, so that nothing is constant. */
function twoPictures(size: number): Uint8Array<ArrayBuffer> {
  const one = size * size * 3;
  return Uint8Array.from({ length: 2 * one }, (_, i) => i < one ? 128 : i * 37 % 256);
}

function plain(name: string): string {
  return name.replace(/^inner\//, "");
}
