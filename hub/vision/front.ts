/**
 * The part of an encoder that does not learn, in the shape of an encoder itself: its "embedding" is the value at the
 * cut, laid flat. So the stage that computes features of pictures computes these too, once a picture, and keeps them.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { GraphBuilder, type Shape } from "../model/graph/mod.ts";
import { importGraph } from "../model/imported/mod.ts";
import type { Graph, GraphNode } from "../onnx/mod.ts";
import type { FineTunePlan } from "./fine_tune.ts";

/** The front of a network that learns from the pixels: the pixels themselves, as numbers. */
export function pixelFront(size: number): Graph {
  const g = new GraphBuilder();
  const pixels = g.input("pixels", ["N", size, size, 3], "uint8");
  const levels = g.node("Cast", [pixels], pixels.shape, { type: "float32", attributes: { to: 1 } });
  g.output("map", levels);
  const flat = g.node("Flatten", [levels], ["N", size * size * 3], { attributes: { axis: 1 } });
  g.output("embedding", flat);
  return g.build({ name: "pixels" });
}

/** Shape of one picture's value at the cut. @throws {AppError} `model-invalid` where the front is not understood */
export function cutShapeOf({ front, cut }: FineTunePlan): readonly number[] {
  const shape: Shape = importGraph(new GraphBuilder(), front!).outputs[cut]!.shape.slice(1);
  if (shape.every((dim) => typeof dim === "number")) return shape as readonly number[];
  throw new AppError(
    "model-invalid",
    `Cannot fine-tune from ${cut}: its sizes must be known: current value is [${shape}]`,
  );
}

/** The frozen part of `plan` with an encoder's outputs. @throws {AppError} where there is none, or its sizes are unknown */
export function fineTuneFront(plan: FineTunePlan): Graph {
  const { front, cut } = plan;
  if (front === null) {
    throw new AppError(
      "params-invalid",
      "Cannot fine-tune every block of an encoder: its first must stay as it is. Ask for fewer blocks",
    );
  }
  const shape = cutShapeOf(plan), dims = shape.reduce((all, size) => all * size, 1);
  const nodes: GraphNode[] = [
    { op: "Flatten", inputs: [cut], outputs: ["embedding"], attributes: { axis: 1 } },
    // What has no height and width gets them with size 1
    shape.length === 3
      ? { op: "Transpose", inputs: [cut], outputs: ["map"], attributes: { perm: [0, 2, 3, 1] } }
      : { op: "Reshape", inputs: [cut, "map shape"], outputs: ["map"] },
  ];
  const mapShape = shape.length === 3 ? [shape[1]!, shape[2]!, shape[0]!] : [1, 1, dims];
  return {
    ...front,
    nodes: [...front.nodes, ...nodes],
    initializers: shape.length === 3 ? front.initializers : [...front.initializers, {
      name: "map shape",
      type: "int64",
      shape: [4],
      data: BigInt64Array.from([-1, ...mapShape], BigInt),
    }],
    outputs: [
      { name: "embedding", type: "float32", shape: ["N", dims] },
      { name: "map", type: "float32", shape: ["N", ...mapShape] },
    ],
  };
}
