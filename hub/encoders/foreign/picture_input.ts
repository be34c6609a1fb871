/**
 * What a foreign network wants to be fed: layout, size and scale of its pixels, and the nodes that make them from
 * the bytes that Aisle gives.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Graph, GraphNode, Initializer, ValueInfo } from "../../onnx/mod.ts";
import { ENCODER_GRAPH } from "../image_encoder.ts";
import type { Preprocessor } from "./preprocessor.ts";

/** Options that params may give; null leaves the choice to the files and the network. */
export interface PictureInputOptions {
  readonly size: number | null;
  /** Mean and deviation of each channel, after scaling to 0..1. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
}

/** How the network is fed. */
export interface PictureInput {
  readonly value: ValueInfo;
  readonly channels: "first" | "last";
  readonly size: number;
  readonly scale: readonly [number, number, number];
  readonly offset: readonly [number, number, number];
  /** What was guessed and from what, for the log. */
  readonly told: readonly string[];
}

/** What networks trained on ImageNet were fed: the best guess where nothing is said. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
/** Input side of most of them. */
const USUAL_SIZE = 224;

/**
 * Works out how `graph` is fed.
 *
 * @throws {AppError} `model-invalid` if it cannot be fed pictures
 */
export function pictureInput(
  graph: Graph,
  preprocessor: Preprocessor | null,
  options: PictureInputOptions,
): PictureInput {
  const told: string[] = [];
  const value = graph.inputs[0];
  const all = graph.inputs.map((input) => `${plainName(input)} ${input.type} [${input.shape}]`);
  if (value === undefined || graph.inputs.length !== 1 || value.shape.length !== 4) {
    throw unfit("it must have one input with four dimensions", all.join(", ") || "none");
  }
  if (value.type !== "float32" && value.type !== "uint8") {
    throw unfit("its input must be float32 or uint8", value.type);
  }
  const channels = layoutOf(value, told);
  const size = sizeOf(value, channels, preprocessor, options, told);
  const { scale, offset } = value.type === "uint8"
    ? { scale: [1, 1, 1] as const, offset: [0, 0, 0] as const }
    : scalingOf(preprocessor, options, told);
  return { value, channels, size, scale, offset, told };
}

/** Nodes and constants that turn `pixels` into the network's own input. */
export function pictureNodes(
  { value, channels, scale, offset }: PictureInput,
): { nodes: GraphNode[]; initializers: Initializer[] } {
  const nodes: GraphNode[] = [];
  const first = channels === "first";
  let last: string = ENCODER_GRAPH.pixels;
  const step = (op: string, more: readonly string[], attributes?: GraphNode["attributes"]) => {
    const output = `pixels/${op.toLowerCase()}`;
    nodes.push({
      op,
      inputs: [last, ...more],
      outputs: [output],
      ...(attributes && { attributes }),
    });
    last = output;
  };
  if (first) step("Transpose", [], { perm: [0, 3, 1, 2] });
  if (value.type === "float32") {
    step("Cast", [], { to: 1 });
    step("Mul", ["pixels/scale"]);
    step("Add", ["pixels/offset"]);
  }
  nodes.push({ op: "Identity", inputs: [last], outputs: [value.name] });
  const shape = first ? [3, 1, 1] : [3];
  const constant = (name: string, numbers: readonly number[]): Initializer => ({
    name,
    type: "float32",
    shape,
    data: Float32Array.from(numbers),
  });
  const initializers = value.type === "float32"
    ? [constant("pixels/scale", scale), constant("pixels/offset", offset)]
    : [];
  return { nodes, initializers };
}

function layoutOf({ shape }: ValueInfo, told: string[]): PictureInput["channels"] {
  const named = (dim: number | string | undefined) =>
    typeof dim === "string" && /^c$|chan/i.test(dim);
  if (shape[1] === 3 || (named(shape[1]) && shape[3] !== 3)) return "first";
  if (shape[3] === 3 || named(shape[3])) return "last";
  if (typeof shape[1] === "number" && typeof shape[3] === "number") {
    throw unfit("its input must have three channels, second or last", `[${shape}]`);
  }
  told.push(`input [${shape}]: channels are taken to come before height and width`);
  return "first";
}

function sizeOf(
  { shape }: ValueInfo,
  channels: PictureInput["channels"],
  preprocessor: Preprocessor | null,
  { size: asked }: PictureInputOptions,
  told: string[],
): number {
  const [height, width] = channels === "first" ? [shape[2], shape[3]] : [shape[1], shape[2]];
  if (typeof height === "number" || typeof width === "number") {
    if (typeof height === "number" && typeof width === "number" && height !== width) {
      throw unfit("its input must be square", `[${shape}]`);
    }
    const own = (typeof height === "number" ? height : width) as number;
    if (asked !== null && asked !== own) {
      throw unfit(`image.size must be the ${own} of its input, or auto`, String(asked));
    }
    return own;
  }
  if (asked !== null) return asked;
  if (preprocessor?.size) return preprocessor.size;
  told.push(`input [${shape}]: its size is taken to be ${USUAL_SIZE} (image.size)`);
  return USUAL_SIZE;
}

function scalingOf(
  preprocessor: Preprocessor | null,
  options: PictureInputOptions,
  told: string[],
): Pick<PictureInput, "scale" | "offset"> {
  const rescale = preprocessor?.rescale ?? 1 / 255;
  const mean = options.mean ?? preprocessor?.mean ?? IMAGENET.mean;
  const std = options.std ?? preprocessor?.std ?? IMAGENET.std;
  if (preprocessor === null && options.mean === null && options.std === null) {
    told.push(
      "no preprocessor_config.json and no image.mean and image.std: ImageNet's are taken",
    );
  }
  const scale = [0, 1, 2].map((c) => rescale / std[c]!);
  const offset = [0, 1, 2].map((c) => -mean[c]! / std[c]!);
  return {
    scale: scale as [number, number, number],
    offset: offset as [number, number, number],
  };
}

/** The input's name in its file. */
function plainName({ name }: ValueInfo): string {
  return name.replace(/^inner\//, "");
}

function unfit(rule: string, value: string): AppError {
  return new AppError(
    "model-invalid",
    `Cannot use the ONNX model as image encoder: ${rule}: current value is ${value}`,
  );
}
