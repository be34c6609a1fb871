/**
 * Products as tensors of the Open Inference Protocol, and their answers: which inputs and outputs a model of products has.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { ProductFields } from "@aisle/shared/contract";
import type { Answer } from "../answer.ts";
import { fromBase64, letIn, type PictureDoor } from "../pictures.ts";
import type { Product } from "../requests.ts";
import type { InputTensor, OutputTensor } from "./tensors.ts";

/** What a model takes: each may be left out, none of them all. A picture is base64 in JSON, the file itself as bytes. */
export const INPUTS = [
  { name: "designation", datatype: "BYTES", shape: [-1] },
  { name: "description", datatype: "BYTES", shape: [-1] },
  { name: "image", datatype: "BYTES", shape: [-1] },
] as const;

/** What a model of `classes` classes answers; `classes` names the columns of `scores`. */
export function outputMetadata(classes: number) {
  return [
    { name: "code", datatype: "BYTES", shape: [-1] },
    { name: "label", datatype: "BYTES", shape: [-1] },
    { name: "confidence", datatype: "FP32", shape: [-1] },
    { name: "decision", datatype: "BYTES", shape: [-1] },
    { name: "scores", datatype: "FP32", shape: [-1, classes] },
    { name: "classes", datatype: "BYTES", shape: [classes] },
  ];
}

/**
 * The products in `inputs`, and whether rows are told as [rows, 1].
 *
 * @throws {AppError} `input-invalid`, `too-large`, `picture-invalid`, naming the row
 */
export function productsOf(
  inputs: readonly InputTensor[],
  { maxProducts, door }: { readonly maxProducts: number; readonly door: PictureDoor },
): { readonly products: Product[]; readonly column: boolean } {
  const names = INPUTS.map(({ name }) => name);
  const [first] = inputs, rows = first?.shape[0] ?? 0;
  for (const [i, { name, shape }] of inputs.entries()) {
    if (!names.some((known) => known === name)) {
      throw invalid(`inputs must be some of ${names.join(", ")}: current value is ${name}`);
    }
    if (inputs.findIndex((input) => input.name === name) !== i) {
      throw invalid(`${name} comes twice`);
    }
    const column = shape.length === 2 && shape[1] === 1;
    if ((shape.length !== 1 && !column) || shape[0] !== rows || rows === 0) {
      throw invalid(
        `every input must have the shape [rows] or [rows, 1], as many rows as the others and at least one: current value of ${name} is [${shape}]`,
      );
    }
  }
  if (rows > maxProducts) {
    throw new AppError(
      "too-large",
      `Cannot take the inference request: at most ${maxProducts} rows at once: current value is ${rows}`,
    );
  }
  const of = (name: string) => inputs.find((input) => input.name === name)?.elements;
  const designations = of("designation"), descriptions = of("description"), images = of("image");
  const products = Array.from({ length: rows }, (_, row) => {
    try {
      return productOf(designations?.[row], descriptions?.[row], images?.[row], door);
    } catch (error) {
      throw atRow(row, error);
    }
  });
  return { products, column: first!.shape.length === 2 };
}

/** `error`, saying of which row it is: the protocol knows one error a request. */
export function atRow(row: number, error: unknown): unknown {
  if (!(error instanceof AppError)) return error;
  return new AppError(error.code, `Row ${row}: ${error.message}`, { cause: error });
}

type Element = InputTensor["elements"][number] | undefined;

function productOf(
  designation: Element,
  description: Element,
  image: Element,
  door: PictureDoor,
): Product {
  const parsed = ProductFields.safeParse({
    designation: textOf(designation),
    description: textOf(description),
  });
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    );
  }
  const bytes = typeof image === "string" ? fromBase64(image) : image;
  // Who keeps a file for each product must not hold the whole body for it.
  const picture = bytes === undefined || bytes.length === 0 ? null : letIn(bytes.slice(), door);
  const { designation: title, description: body } = parsed.data;
  if (picture === null && title.trim() === "" && body.trim() === "") {
    throw invalid("Give a designation, a description, a picture or several of them");
  }
  return {
    designation: title,
    description: body,
    productid: "",
    imageid: "",
    explain: false,
    picture,
  };
}

function textOf(element: Element): string {
  if (element === undefined || typeof element === "string") return element ?? "";
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(element);
  } catch (cause) {
    throw new AppError("input-invalid", "Cannot take the product: a text is not UTF-8", { cause });
  }
}

/** The answers of one bundle as tensors; `column` keeps the shape in which the rows came. */
export function tensorsOf(answers: readonly Answer[], column: boolean): OutputTensor[] {
  const classes = answers[0]?.every?.codes ?? [];
  const rows = answers.length, shape = column ? [rows, 1] : [rows];
  const scores = new Float32Array(rows * classes.length);
  answers.forEach(({ every }, row) => {
    if (every !== undefined) scores.set(every.confidences, row * classes.length);
  });
  const bytes = (name: "code" | "label" | "decision"): OutputTensor => ({
    name,
    shape,
    datatype: "BYTES",
    data: answers.map((answer) => answer[name]),
  });
  return [
    bytes("code"),
    bytes("label"),
    {
      name: "confidence",
      shape,
      datatype: "FP32",
      data: Float32Array.from(answers, ({ confidence }) => confidence),
    },
    bytes("decision"),
    { name: "scores", shape: [rows, classes.length], datatype: "FP32", data: scores },
    { name: "classes", shape: [classes.length], datatype: "BYTES", data: [...classes] },
  ];
}

function invalid(why: string): AppError {
  return new AppError("input-invalid", `Cannot take the inference request: ${why}`);
}
