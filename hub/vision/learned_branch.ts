/**
 * What training an encoder gives besides the encoder: the head that learned with it, and honest scores.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { arraysFromBytes, arraysToBytes } from "../training/array_file.ts";

/** A head and what it can be judged by. */
export interface LearnedBranch {
  /** Codes by output. */
  readonly classes: readonly string[];
  /** [dims, classes]; scores are the embedding times these, plus the bias. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** Numbers of train rows and their scores [rows, classes], by a twin that has not seen them. */
  readonly heldOut: { readonly rows: Int32Array; readonly logits: Float32Array };
}

interface Header {
  readonly classes: readonly string[];
  readonly weights: number;
  readonly rows: number;
}

/** Bytes of `branch`. */
export function learnedBranchToBytes(branch: LearnedBranch): Uint8Array<ArrayBuffer> {
  const { classes, weights, bias, heldOut: { rows, logits } } = branch;
  const header: Header = { classes, weights: weights.length, rows: rows.length };
  // Row numbers as pairs of 16 bits, which floats hold exactly
  const low = Float32Array.from(rows, (row) => row & 0xffff);
  const high = Float32Array.from(rows, (row) => row >>> 16);
  return arraysToBytes(header, [weights, bias, low, high, logits]);
}

/**
 * Reads what {@linkcode learnedBranchToBytes} wrote.
 *
 * @throws {AppError} `data-invalid` where it is damaged
 */
export function learnedBranchFromBytes(bytes: Uint8Array): LearnedBranch {
  const file = arraysFromBytes<Header>(bytes);
  const damaged = () => new AppError("data-invalid", "Cannot read a learned branch: it is damaged");
  if (file === null) throw damaged();
  const { header: { classes, weights: length, rows: count }, arrays } = file;
  const weights = arrays.next(length), bias = arrays.next(classes.length);
  const low = arrays.next(count), high = arrays.next(count);
  const logits = arrays.next(count * classes.length);
  if (!arrays.whole || logits.length !== count * classes.length) throw damaged();
  const rows = Int32Array.from(low, (part, i) => part + high[i]! * 0x10000);
  return { classes, weights, bias, heldOut: { rows, logits } };
}
