/**
 * Tensors of the Open Inference Protocol (V2) on the wire: as JSON, and as bytes behind the JSON (the binary tensor data
 * extension: little-endian, row by row, each element of BYTES after its length in 4 bytes).
 *
 * It knows no model. Everything that comes in is hostile: no length is believed before it is checked.
 *
 * @module
 */
import { z } from "zod";
import { AppError } from "@aisle/shared/errors";

const parameters = z.record(z.string(), z.unknown()).optional();
const name = z.string().max(200);

/** The JSON of a request to infer; members that are not of the protocol are let be, as it asks. */
export const InferRequest = z.looseObject({
  id: z.string().max(1_000).optional(),
  parameters,
  inputs: z.array(z.looseObject({
    name,
    shape: z.array(z.int().nonnegative()).max(8),
    datatype: z.string().max(20),
    parameters,
    data: z.array(z.unknown()).optional(),
  })).min(1).max(16),
  outputs: z.array(z.looseObject({ name, parameters })).max(32).optional(),
});
/** Parsed form of {@linkcode InferRequest}. */
export type InferRequest = z.infer<typeof InferRequest>;

/** An input of BYTES: texts where it came as JSON, bytes where it came behind it. */
export interface InputTensor {
  readonly name: string;
  /** As sent: [rows] or [rows, 1]. */
  readonly shape: readonly number[];
  readonly elements: readonly (string | Uint8Array<ArrayBuffer>)[];
}

/** A tensor to answer with, row by row. */
export type OutputTensor =
  & { readonly name: string; readonly shape: readonly number[] }
  & (
    | { readonly datatype: "BYTES"; readonly data: readonly string[] }
    | { readonly datatype: "FP32"; readonly data: Float32Array }
  );

/** A tensor, and whether it goes as bytes. */
export interface Outgoing {
  readonly tensor: OutputTensor;
  readonly binary: boolean;
}

const LENGTH_BYTES = 4;
/** @throws {AppError} `input-invalid` */
function refuse(why: string): never {
  throw new AppError("input-invalid", `Cannot take the inference request: ${why}`);
}

/**
 * The inputs of `request`; `binary` is what stands behind its JSON.
 *
 * @throws {AppError} `input-invalid`
 */
export function inputTensors(
  request: InferRequest,
  binary: Uint8Array<ArrayBuffer>,
): InputTensor[] {
  let at = 0;
  const tensors = request.inputs.map(({ name, shape, datatype, parameters, data }): InputTensor => {
    if (datatype !== "BYTES") refuse(`input ${name} must be BYTES: current value is ${datatype}`);
    const elements = shape.reduce((product, size) => product * size, 1);
    const size = parameters?.["binary_data_size"];
    if (size === undefined) {
      if (data === undefined) refuse(`input ${name} has neither data nor binary_data_size`);
      return { name, shape, elements: textsOf(name, data, elements) };
    }
    if (data !== undefined) refuse(`input ${name} has both data and binary_data_size`);
    if (
      typeof size !== "number" || !Number.isInteger(size) || size < 0 || at + size > binary.length
    ) {
      refuse(
        `binary_data_size of input ${name} must be within the ${
          binary.length - at
        } bytes that are left: current value is ${size}`,
      );
    }
    const own = binary.subarray(at, at += size);
    return { name, shape, elements: bytesOf(name, own, elements) };
  });
  if (at !== binary.length) {
    refuse(`${binary.length - at} bytes behind the JSON belong to no input (binary_data_size)`);
  }
  return tensors;
}

/** Data may be flat or nested as its shape is. */
function textsOf(name: string, data: readonly unknown[], expected: number): string[] {
  const flat = data.flatMap((entry) => Array.isArray(entry) ? entry as unknown[] : [entry]);
  if (flat.length !== expected) {
    refuse(
      `input ${name} must have the ${expected} elements of its shape: current value is ${flat.length}`,
    );
  }
  return flat.map((entry, i) =>
    typeof entry === "string" ? entry : refuse(`element ${i} of input ${name} is no string`)
  );
}

function bytesOf(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  expected: number,
): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const elements: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + LENGTH_BYTES > bytes.length) {
      refuse(`input ${name} ends within the length of an element`);
    }
    const end = at + LENGTH_BYTES + view.getUint32(at, true);
    if (end > bytes.length) {
      refuse(`element ${elements.length} of input ${name} ends behind its bytes`);
    }
    // Bounded before it is gathered: a body of empty elements is four times as many objects as bytes
    if (elements.length === expected) break;
    elements.push(bytes.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  const used = elements.reduce((sum, { length }) => sum + length + LENGTH_BYTES, 0);
  if (elements.length !== expected || used !== bytes.length) {
    refuse(
      `input ${name} must have the ${expected} elements of its shape: its bytes have ${
        used === bytes.length ? elements.length : "more"
      }`,
    );
  }
  return elements;
}

/** Bytes of a tensor. */
function packed(tensor: OutputTensor): Uint8Array<ArrayBuffer> {
  if (tensor.datatype === "FP32") {
    const bytes = new Uint8Array(tensor.data.length * 4), view = new DataView(bytes.buffer);
    tensor.data.forEach((value, i) => view.setFloat32(i * 4, value, true));
    return bytes;
  }
  const encoder = new TextEncoder();
  const texts = tensor.data.map((text) => encoder.encode(text));
  const bytes = new Uint8Array(texts.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.length, true);
    bytes.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.length;
  }
  return bytes;
}

/** A body to answer with; `headerLength` is that of its JSON where bytes follow, else null. */
export interface InferBody {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headerLength: number | null;
}

/** `head` with `outputs`, as one body. */
export function inferBody(head: object, outputs: readonly Outgoing[]): InferBody {
  const behind: Uint8Array<ArrayBuffer>[] = [];
  const described = outputs.map(({ tensor, binary }) => {
    const { name, datatype, shape } = tensor;
    if (!binary) return { name, datatype, shape, data: [...tensor.data] };
    const bytes = packed(tensor);
    behind.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  });
  const json = new TextEncoder().encode(JSON.stringify({ ...head, outputs: described }));
  if (behind.length === 0) return { body: json, headerLength: null };
  const body = new Uint8Array(behind.reduce((sum, { length }) => sum + length, json.length));
  body.set(json);
  let at = json.length;
  for (const bytes of behind) {
    body.set(bytes, at);
    at += bytes.length;
  }
  return { body, headerLength: json.length };
}

/** Which of the tensors in `made` are answered, and how: what `request` asks for, else all of them. */
export function outputsOf(
  request: InferRequest,
  made: readonly OutputTensor[],
): Outgoing[] {
  const byDefault = flag(request.parameters, "binary_data_output") ?? false;
  if (request.outputs === undefined || request.outputs.length === 0) {
    return made.map((tensor) => ({ tensor, binary: byDefault }));
  }
  return request.outputs.map(({ name, parameters }) => {
    const tensor = made.find((tensor) => tensor.name === name);
    if (tensor === undefined) {
      refuse(
        `outputs must be some of ${made.map((t) => t.name).join(", ")}: current value is ${name}`,
      );
    }
    return { tensor, binary: flag(parameters, "binary_data") ?? byDefault };
  });
}

function flag(parameters: InferRequest["parameters"], name: string): boolean | undefined {
  const value = parameters?.[name];
  if (value === undefined || typeof value === "boolean") return value;
  return refuse(
    `parameter ${name} must be true or false: current value is ${JSON.stringify(value)}`,
  );
}
