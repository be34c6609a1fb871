/**
 * An image encoder: a graph from pixels to numbers that say what is on a picture.
 *
 * Whatever it was made from (npm's weights, an ONNX file, a Hugging Face folder, training), it has one shape:
 * input `pixels` uint8 [N, S, S, 3], which it normalises itself; outputs `embedding` float [N, D] and `map`
 * float [N, h, w, E], the features before pooling (the embedding is their mean where E = D).
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import type { ImageRecipe } from "@aisle/shared/images";
import { encodeOnnx, type Graph, type ValueInfo } from "../onnx/mod.ts";

/** Names of every encoder's input and outputs. */
export const ENCODER_GRAPH = { pixels: "pixels", embedding: "embedding", map: "map" } as const;

/** An encoder that is ready to be run, trained on or put into a bundle. */
export interface ImageEncoder {
  /** SHA-256 over the recipe and the graph's ONNX bytes: features with the same id are the same features. */
  readonly id: string;
  /** For people: `mobilenet-v2@160`. */
  readonly name: string;
  readonly recipe: ImageRecipe;
  readonly graph: Graph;
  /** Length of the embedding. */
  readonly dims: number;
}

/** The encoder of `graph`, named by its content. */
export function imageEncoder(name: string, recipe: ImageRecipe, graph: Graph): ImageEncoder {
  const { dims } = encoderShapes(name, recipe, graph);
  const id = sha256(
    `${JSON.stringify([recipe.version, recipe.size, recipe.fit])}\n${sha256(encodeOnnx(graph))}`,
  );
  return { id, name, recipe, graph, dims };
}

/**
 * Sizes of the outputs, checked.
 *
 * @throws {RangeError} if the graph's input or outputs are not those of an encoder
 */
function encoderShapes(
  name: string,
  recipe: ImageRecipe,
  graph: Graph,
): { dims: number } {
  const wrong = (rule: string, value: ValueInfo | undefined) =>
    new RangeError(
      `Cannot use ${name} as image encoder: ${rule}: current value is ${
        value === undefined ? "none" : `${value.type} [${value.shape.join(", ")}]`
      }`,
    );
  const { size } = recipe;
  const pixels = graph.inputs.find((input) => input.name === ENCODER_GRAPH.pixels);
  if (
    graph.inputs.length !== 1 || pixels?.type !== "uint8" ||
    String(pixels.shape.slice(1)) !== String([size, size, 3])
  ) throw wrong(`its one input must be pixels, uint8 [N, ${size}, ${size}, 3]`, pixels);
  const embedding = graph.outputs.find((output) => output.name === ENCODER_GRAPH.embedding);
  const dims = embedding?.shape[1];
  if (embedding?.type !== "float32" || embedding.shape.length !== 2 || typeof dims !== "number") {
    throw wrong("its output embedding must be float32 [N, D]", embedding);
  }
  const map = graph.outputs.find((output) => output.name === ENCODER_GRAPH.map);
  if (
    map?.type !== "float32" || map.shape.length !== 4 ||
    map.shape.slice(1).some((dim) => typeof dim !== "number")
  ) throw wrong("its output map must be float32 [N, h, w, E]", map);
  return { dims };
}
