/**
 * A TensorFlow.js graph model as plain values: nodes, and weights that are no longer quantized.
 *
 * Only what the conversion needs is read; the rest of the format is not looked at.
 *
 * @module
 */

/** One node of the topology, as the JSON has it. */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, unknown>>;
}

/** An entry of the weights manifest: where one tensor lies in the shards and how it is quantized. */
export interface TfWeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: { readonly min: number; readonly scale: number; readonly dtype: string };
}

/** `model.json` of a graph model. */
export interface TfModelJson {
  readonly modelTopology: { readonly node: readonly TfNode[] };
  readonly weightsManifest: readonly { readonly weights: readonly TfWeightEntry[] }[];
}

/** A tensor of weights in TensorFlow's layout. */
export interface TfTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * The weights of `model`, by name, from its shards in order.
 *
 * @param shards base64 of each shard
 * @throws {RangeError} if the shards do not hold what the manifest says
 */
export function readWeights(
  model: TfModelJson,
  shards: readonly string[],
): ReadonlyMap<string, TfTensor> {
  const bytes = concatenate(shards.map((shard) => Uint8Array.fromBase64(shard)));
  const weights = new Map<string, TfTensor>();
  let offset = 0;
  for (const entry of model.weightsManifest.flatMap((group) => group.weights)) {
    const elements = entry.shape.reduce((all, dim) => all * dim, 1);
    const size = entry.quantization ? elements : elements * 4;
    if (offset + size > bytes.length) {
      throw new RangeError(
        `Cannot read weight ${entry.name}: it ends at byte ${
          offset + size
        } of the shards: current value is ${bytes.length}`,
      );
    }
    weights.set(entry.name, {
      shape: entry.shape,
      data: tensorData(entry, bytes.slice(offset, offset + size)),
    });
    offset += size;
  }
  if (offset !== bytes.length) {
    throw new RangeError(
      `Cannot read the weights: the manifest ends at byte ${offset}: current value is ${bytes.length}`,
    );
  }
  return weights;
}

function tensorData(entry: TfWeightEntry, raw: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  if (entry.quantization) {
    const { min, scale, dtype } = entry.quantization;
    if (dtype !== "uint8") throw unknownType(entry.name, dtype);
    // As the runtime of the weights does it: in doubles, then rounded once
    const values = Float32Array.from({ length: 256 }, (_, byte) => byte * scale + min);
    const data = new Float32Array(raw.length);
    for (let i = 0; i < raw.length; i++) data[i] = values[raw[i]!]!;
    return data;
  }
  if (entry.dtype === "float32") return new Float32Array(raw.buffer);
  if (entry.dtype === "int32") return Float32Array.from(new Int32Array(raw.buffer));
  throw unknownType(entry.name, entry.dtype);
}

function unknownType(name: string, type: string): RangeError {
  return new RangeError(
    `Cannot read weight ${name}: its type must be float32, int32 or uint8: current value is ${type}`,
  );
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
