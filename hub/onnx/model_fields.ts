/**
 * Fields of a model's messages as the values they must be, and the error for what must not be.
 *
 * @module
 */
import { type Field, readFields } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";

/** The error for a model that breaks `rule`. */
export function refused(rule: string, value?: string | number): AppError {
  const tail = value === undefined ? "" : `: current value is ${value}`;
  return new AppError("model-invalid", `Cannot read the ONNX model: ${rule}${tail}`);
}

/** `text` as it may stand in a message: hostile names are cut. */
export function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

/** The bytes of a length-delimited field. */
export function bytesOf(field: Field): Uint8Array {
  if (field.kind === "bytes") return field.value;
  throw refused(`field ${field.number} must be of another type`);
}

/** An integer as it lies in the file, 64 bits unsigned. */
export function integerOf(field: Field): bigint {
  if (field.kind === "varint") return field.value;
  throw refused(`field ${field.number} must be of another type`);
}

/** A small number: a code, a version. */
export function numberOf(field: Field): number {
  return Number(integerOf(field));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text; what is no UTF-8 is refused, because two such names could read the same. */
export function textOf(field: Field): string {
  const bytes = bytesOf(field);
  try {
    return utf8.decode(bytes);
  } catch {
    throw refused(`field ${field.number} must be UTF-8`);
  }
}

/** The messages of repeated field `number`. */
export function messagesOf(message: Uint8Array, number: number): Uint8Array[] {
  return [...readFields(message)].filter((field) => field.number === number).map(bytesOf);
}
