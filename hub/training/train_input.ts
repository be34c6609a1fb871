/**
 * What goes into training a text model, what comes out of it on the way, and what is refused.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { canonicalJson, hasher } from "@aisle/shared/hash";
import { specToBytes } from "@aisle/shared/features";
import type { Params } from "../params.ts";
import type { WarmStart } from "../model/text_model.ts";
import type { TrainSentences } from "./sentence_branch.ts";

/** One labelled row. */
export interface TrainRow {
  /** As `productText` makes it. */
  readonly text: string;
  readonly code: string;
  /** Content group: rows of one group are never in two folds. */
  readonly group: string;
}

/** Everything that a text model is a function of. */
export interface TrainInput {
  readonly rows: readonly TrainRow[];
  readonly params: Pick<Params, "text" | "train" | "evaluate">;
  readonly warm: WarmStart | null;
  /** Vectors of the same rows by a sentence encoder, where there is one. */
  readonly sentences?: TrainSentences | null;
  /** Bytes of the last checkpoint of the same run, if it was broken off. */
  readonly resume: Uint8Array | null;
}

/** How to run; nothing here changes the model. */
export interface TrainOptions {
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Threads that fit at the same time; 1 is this thread alone. Default 2 where the work is worth a Worker. */
  readonly workers?: number;
  /** Shortest time between two checkpoints. */
  readonly checkpointEveryMs?: number;
}

/** What a training run says on its way; `step` counts passes from 1. */
export type TrainEvent =
  /** Phase `name` begins, number `step` of `of`. */
  | { readonly type: "phase"; readonly name: string; readonly step: number; readonly of: number }
  /** Work done in this phase: rows counted, or rows visited by all fits. */
  | { readonly type: "progress"; readonly done: number; readonly total: number }
  | {
    readonly type: "metric";
    readonly name: string;
    readonly step: number;
    readonly value: number;
  }
  | { readonly type: "checkpoint"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "log"; readonly message: string }
  | { readonly type: "stopped"; readonly why: "done" | "cancelled" };

/** Rows with numbers for classes. */
export interface LabelledRows {
  readonly texts: readonly string[];
  readonly groups: readonly string[];
  /** Codes, sorted by code unit. */
  readonly classes: readonly string[];
  readonly labels: Int32Array;
}

/**
 * `rows` with numbered classes.
 *
 * @throws {AppError} `data-invalid` where there is nothing to tell apart, or a row has no code
 */
export function labelRows(rows: readonly TrainRow[]): LabelledRows {
  const classes = [...new Set(rows.map((row) => row.code))].sort();
  if (rows.length === 0) {
    throw new AppError("data-invalid", "Cannot train: there are no rows. Ingest labelled products");
  }
  if (classes.includes("")) {
    throw new AppError("data-invalid", "Cannot train: a row has an empty code. Label every row");
  }
  if (classes.length === 1) {
    throw new AppError(
      "data-invalid",
      `Cannot train: every row has the code ${
        JSON.stringify(classes[0])
      }. Add rows of another class`,
    );
  }
  const numberOf = new Map(classes.map((code, k) => [code, k]));
  return {
    texts: rows.map((row) => row.text),
    groups: rows.map((row) => row.group),
    classes,
    labels: Int32Array.from(rows, (row) => numberOf.get(row.code)!),
  };
}

/** Name of all that the fits depend on; a checkpoint belongs to one such name. */
export function runDigest({ rows, params, warm }: TrainInput): string {
  const hash = hasher().update(canonicalJson({ text: params.text, train: params.train }));
  for (const { text, code, group } of rows) hash.update(JSON.stringify([text, code, group]));
  if (warm !== null) {
    hash.update(specToBytes(warm.spec)).update(canonicalJson(warm.classes));
    for (const { buffer, byteOffset, byteLength } of [warm.weights, warm.bias]) {
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    }
  }
  return hash.hex();
}
