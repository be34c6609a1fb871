/**
 * Reads tensors and the descriptions of inputs and outputs.
 *
 * A tensor's elements lie in one of two ways: as raw bytes, or in the typed list that belongs to its element type.
 *
 * @module
 */
import { type Field, readFields, readVarints } from "@aisle/shared/bundle";
import {
  ELEMENTS,
  type ElementType,
  elementTypeOf,
  type Initializer,
  type TensorData,
  UNRANKED,
  type ValueInfo,
} from "./graph.ts";
import { bytesOf, integerOf, numberOf, refused, shown, textOf } from "./model_fields.ts";

/** How large a tensor may be. */
export interface TensorLimits {
  readonly maxElements: number;
  readonly maxRank: number;
}

/** TensorProto's typed lists. */
const FLOATS = 4, INT32S = 5, INT64S = 7, DOUBLES = 10, UINT64S = 11;

/** The list in which elements of each type lie when they are not raw. */
const TYPED: Readonly<Record<ElementType, number>> = {
  float32: FLOATS,
  float64: DOUBLES,
  int64: INT64S,
  uint32: UINT64S,
  uint64: UINT64S,
  // The rest as int32: float16 by its bits, bool as 0 and 1.
  int32: INT32S,
  int16: INT32S,
  int8: INT32S,
  uint16: INT32S,
  uint8: INT32S,
  bool: INT32S,
  float16: INT32S,
};

/** One tensor; `place` says in errors where it lies when it has no name. Raw data are copied to be aligned. */
export function readTensor(
  message: Uint8Array,
  place: string,
  limits: TensorLimits,
): Initializer {
  const shape: number[] = [], typed: Field[] = [];
  let code = 0, name = "", raw: Uint8Array | undefined;
  for (const field of readFields(message)) {
    // TensorProto: 1 dims, 2 data_type, 3 segment, 4 float_data, 5 int32_data, 6 string_data, 7 int64_data, 8 name,
    // 9 raw_data, 10 double_data, 11 uint64_data, 12 doc_string, 13 external_data, 14 data_location, 16 metadata
    if (field.number === 1) {
      for (const dim of readVarints(field)) {
        shape.push(dimension(dim, place));
        if (shape.length > limits.maxRank) break;
      }
    } else if (field.number === 2) code = numberOf(field);
    else if (field.number === 8) name = textOf(field);
    else if (field.number === 9) raw = bytesOf(field);
    else if ([FLOATS, INT32S, INT64S, DOUBLES, UINT64S].includes(field.number)) typed.push(field);
    else if (field.number === 13 || (field.number === 14 && numberOf(field) !== 0)) {
      throw refused(`${named(name, place)} must not have its data outside the file`);
    } else if (![12, 14, 16].includes(field.number)) {
      throw refused(`${named(name, place)} must not hold strings or segments`);
    }
  }
  const where = named(name, place), type = elementTypeOf(code);
  if (type === undefined) throw refused(`${where} must have a known element type`, code);
  const elements = checkedSize(shape, where, limits);
  const data = raw === undefined
    ? readTyped(type, typed, elements, where)
    : readRaw(type, raw, elements, where);
  if (raw !== undefined && typed.length > 0) throw refused(`${where} must have its data once`);
  return { name, type, shape, data };
}

function named(name: string, place: string): string {
  return name === "" ? `a tensor among ${place}` : `tensor ${shown(name)}`;
}

function readRaw(type: ElementType, raw: Uint8Array, elements: number, where: string): TensorData {
  const { array } = ELEMENTS[type];
  const expected = elements * array.BYTES_PER_ELEMENT;
  if (raw.length !== expected) throw refused(`${where} must have ${expected} bytes`, raw.length);
  return normal(type, new array(raw.slice().buffer));
}

function readTyped(
  type: ElementType,
  fields: readonly Field[],
  elements: number,
  where: string,
): TensorData {
  if (fields.some((field) => field.number !== TYPED[type])) {
    throw refused(`${where} must have its data in the list of its type`);
  }
  // The lists cannot be longer than the file, so what is counted here is bounded by what was received.
  const values: (number | bigint)[] = [];
  for (const field of fields) {
    if (field.number === FLOATS) { for (const x of floatsOf(field)) values.push(x); }
    else if (field.number === DOUBLES) { for (const x of doublesOf(field)) values.push(x); }
    else for (const x of readVarints(field)) values.push(BigInt.asIntN(64, x));
  }
  if (values.length !== elements) {
    throw refused(`${where} must have ${elements} elements`, values.length);
  }
  if (type === "float16") {
    return new Float16Array(Uint16Array.from(values, Number).buffer);
  }
  if (type === "int64") return BigInt64Array.from(values as bigint[]);
  if (type === "uint64") {
    return BigUint64Array.from(values as bigint[], (x) => BigInt.asUintN(64, x));
  }
  return normal(type, ELEMENTS[type].array.from(values.map(Number)) as TensorData);
}

/** Bools as 0 and 1: runtimes differ about the rest. */
function normal(type: ElementType, data: TensorData): TensorData {
  return type === "bool" ? (data as Uint8Array).map((x) => Number(x !== 0)) : data;
}

/** The floats of a field, one or packed. */
export function floatsOf(field: Field): number[] {
  return fixedOf(field, 4, (view, at) => view.getFloat32(at, true));
}

function doublesOf(field: Field): number[] {
  return fixedOf(field, 8, (view, at) => view.getFloat64(at, true));
}

function fixedOf(
  field: Field,
  size: number,
  read: (view: DataView, at: number) => number,
): number[] {
  if (field.kind === "varint" || field.value.length % size !== 0) {
    throw refused(`field ${field.number} must hold numbers of ${size} bytes`);
  }
  const { buffer, byteOffset, byteLength } = field.value;
  const view = new DataView(buffer, byteOffset, byteLength);
  return Array.from({ length: byteLength / size }, (_, i) => read(view, i * size));
}

/** Name, type and shape of an input or output; a dimension without size or name is called after its place. */
export function readValue(message: Uint8Array, limits: TensorLimits): ValueInfo {
  // ValueInfoProto: 1 name, 2 type { 1 tensor_type { 1 elem_type, 2 shape { 1 dim { 1 value, 2 name } } } }
  const fields = [...readFields(message)];
  const nameField = fields.find((field) => field.number === 1);
  const name = nameField === undefined ? "" : textOf(nameField);
  const where = `value ${shown(name)}`;
  let code = 0, hasShape = false;
  const shape: (number | string)[] = [];
  for (const type of fields.filter((field) => field.number === 2)) {
    for (const kind of readFields(bytesOf(type))) {
      if (kind.number === 6) continue;
      if (kind.number !== 1) throw refused(`${where} must be a tensor`);
      for (const part of readFields(bytesOf(kind))) {
        if (part.number === 1) code = numberOf(part);
        if (part.number !== 2) continue;
        hasShape = true;
        for (const dim of readFields(bytesOf(part))) {
          if (dim.number === 1) shape.push(readDim(bytesOf(dim), `${name}_${shape.length}`, where));
          if (shape.length > limits.maxRank) break;
        }
      }
    }
  }
  const type = elementTypeOf(code);
  if (type === undefined) throw refused(`${where} must have a known element type`, code);
  if (!hasShape) return { name, type, shape: UNRANKED };
  checkedSize(shape.filter((dim) => typeof dim === "number"), where, limits);
  if (shape.length > limits.maxRank) throw refused(`${where} must have fewer axes`, shape.length);
  return { name, type, shape };
}

function readDim(message: Uint8Array, fallback: string, where: string): number | string {
  let found: number | string = fallback;
  for (const field of readFields(message)) {
    if (field.number === 1) {
      // Some exporters write -1 for "any".
      const value = BigInt.asIntN(64, integerOf(field));
      found = value === -1n ? fallback : dimension(BigInt.asUintN(64, value), where);
    }
    if (field.number === 2) found = textOf(field) || fallback;
  }
  return found;
}

function dimension(value: bigint, where: string): number {
  if (value < 2n ** 31n) return Number(value);
  throw refused(`dimensions of ${where} must be below 2^31`, String(value));
}

function checkedSize(shape: readonly number[], where: string, limits: TensorLimits): number {
  if (shape.length > limits.maxRank) {
    throw refused(`${where} must have at most ${limits.maxRank} axes`, shape.length);
  }
  const elements = shape.reduce((all, dim) => all * dim, 1);
  if (elements <= limits.maxElements) return elements;
  throw refused(`${where} must have at most ${limits.maxElements} elements`, elements);
}
