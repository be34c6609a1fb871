/**
 * Walks the fields of a protobuf message from an untrusted source; never reads outside it.
 *
 * Only what a guard and a reader of ONNX need: no schema, no groups, no copies.
 *
 * @module
 */
import { AppError } from "../errors.ts";

/** One field: a number (varint or fixed, fixed ones as their bytes) or a view of its bytes. */
export type Field =
  | { readonly number: number; readonly kind: "varint"; readonly value: bigint }
  | { readonly number: number; readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly number: number; readonly kind: "fixed"; readonly value: Uint8Array };

/**
 * The fields of `message`, in the order they stand.
 *
 * @throws {AppError} `bundle-invalid` when the bytes are no protobuf message
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw malformed();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw malformed();
  };
  const slice = (size: bigint): Uint8Array => {
    if (size > BigInt(message.length - at)) throw malformed();
    const view = message.subarray(at, at + Number(size));
    at += Number(size);
    return view;
  };
  while (at < message.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 536_870_911) throw malformed();
    switch (tag & 7n) {
      case 0n:
        yield { number, kind: "varint", value: varint() };
        break;
      case 1n:
        yield { number, kind: "fixed", value: slice(8n) };
        break;
      case 2n:
        yield { number, kind: "bytes", value: slice(varint()) };
        break;
      case 5n:
        yield { number, kind: "fixed", value: slice(4n) };
        break;
      default:
        throw malformed();
    }
  }
}

/** The varints of a repeated field, packed or not. */
export function* readVarints(field: Field): Generator<bigint> {
  if (field.kind === "varint") yield field.value;
  else if (field.kind === "bytes") {
    let value = 0n, shift = 0n;
    for (const byte of field.value) {
      value |= BigInt(byte & 127) << shift;
      shift += 7n;
      if (shift > 70n) throw malformed();
      if (byte < 128) {
        yield BigInt.asUintN(64, value);
        value = shift = 0n;
      }
    }
    if (shift !== 0n) throw malformed();
  } else throw malformed();
}

function malformed(): AppError {
  return new AppError(
    "bundle-invalid",
    "Cannot read the ONNX model: its bytes are no protobuf message",
  );
}
