/**
 * What every executor offers: steps of a training program on some device, and its state in and out.
 *
 * @module
 */

/** Numbers with their shape; uint8 for pixels, int32 or int64 for ids and labels. */
export interface BatchValue {
  readonly data: Float32Array | Uint8Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}
/** What a step or a prediction is fed, by input name. */
export type Batch = Readonly<Record<string, BatchValue>>;

/** Float numbers that came out of a graph. */
export interface OutputValue {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** All that learning moves, by name: `NAME` the weights, `NAME:SLOT` the optimizer's and the mean's. */
export type TrainingState = Readonly<Record<string, Float32Array>>;

/** Where a run computes, and why there. */
export interface DeviceReport {
  readonly device: "cpu" | "webgpu";
  /** The processor, as the runtime names it. */
  readonly adapter: string;
  /** Limits that bound a run: threads, bytes of a buffer. */
  readonly limits: Readonly<Record<string, number>>;
  /** Why this device: what was asked for, and what stood against another. */
  readonly reason: string;
}

/** Which weights predict: those of the last step, or their slowly moving mean. */
export type WhichWeights = "last" | "mean";

/** See the module's note. Calls must not overlap. */
export interface Executor extends AsyncDisposable {
  readonly report: DeviceReport;
  /**
   * Step `step`, counted from 1, at learning rate `rate`. Gives the loss before it; null unless `readLoss`, since
   * reading waits for the device.
   * @throws {AppError} `training-failed` where the device is lost
   */
  step(batch: Batch, options: StepOptions): Promise<number | null>;
  /** Outputs of the serving graph. */
  predict(batch: Batch, which: WhichWeights): Promise<Record<string, OutputValue>>;
  /** Copies of the state. */
  save(): Promise<TrainingState>;
  /** Takes over a state. @throws RangeError where an array is missing or too short */
  load(state: TrainingState): Promise<void>;
}

/** Particulars of one step. */
export interface StepOptions {
  readonly step: number;
  readonly rate: number;
  readonly readLoss: boolean;
}
