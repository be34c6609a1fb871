/**
 * Trains on a GPU: ONNX Runtime over WebGPU, the optimizer inside the graph.
 *
 * Weights and the optimizer's state are buffers of the device: a step's outputs are the next step's inputs. Back come
 * the loss when it is asked for, and the state when it is saved. One device serves all executors of a process.
 *
 * @module
 */
import type * as ort from "onnxruntime-web/webgpu";
import { AppError, messageOf } from "@aisle/shared/errors";
import { encodeOnnx } from "../../onnx/mod.ts";
import {
  type Batch,
  type DeviceReport,
  EMA,
  type Executor,
  type OutputValue,
  type StepNumbers,
  stepNumbers,
  type StepOptions,
  type TrainingProgram,
  type TrainingState,
  type WhichWeights,
} from "../network/mod.ts";
import type { WebGpu } from "./webgpu_device.ts";

/** An executor on `gpu`. */
export async function openWebGpuExecutor(
  program: TrainingProgram,
  gpu: WebGpu,
  reason = "asked for",
): Promise<Executor> {
  await using opened = new AsyncDisposableStack();
  const training = await gpu.open(encodeOnnx(program.stepGraph()), "gpu-buffer");
  opened.defer(() => training.release());
  const serving = await gpu.open(encodeOnnx(program.servingGraph()), "cpu");
  opened.defer(() => serving.release());
  const { adapter, limits } = gpu;
  const report: DeviceReport = { device: "webgpu", adapter, limits, reason };
  return new WebGpuExecutor(program, gpu, report, { training, serving }, opened.move());
}

/** One array of the state. */
interface Held {
  readonly shape: readonly number[];
  readonly length: number;
  tensor: ort.Tensor;
}

class WebGpuExecutor implements Executor {
  readonly report: DeviceReport;
  readonly #program: TrainingProgram;
  readonly #gpu: WebGpu;
  readonly #training: ort.InferenceSession;
  readonly #serving: ort.InferenceSession;
  readonly #opened: AsyncDisposableStack;
  readonly #held = new Map<string, Held>();

  constructor(
    program: TrainingProgram,
    gpu: WebGpu,
    report: DeviceReport,
    { training, serving }: Record<"training" | "serving", ort.InferenceSession>,
    opened: AsyncDisposableStack,
  ) {
    this.report = report;
    this.#program = program;
    this.#gpu = gpu;
    this.#training = training;
    this.#serving = serving;
    this.#opened = opened;
  }

  step(batch: Batch, { step, rate, readLoss }: StepOptions): Promise<number | null> {
    return this.#guarded(async () => {
      const state = [...this.#held].map(([name, { tensor }]) => [name, tensor] as const);
      const found = await this.#training.run({
        ...this.#tensors(batch),
        ...this.#numbers(stepNumbers(this.#program, step, rate)),
        ...Object.fromEntries(state),
      });
      const { loss, ...next } = found;
      for (const [name, tensor] of Object.entries(next)) {
        const held = this.#held.get(name.slice("next:".length))!;
        held.tensor.dispose();
        held.tensor = tensor;
      }
      const value = readLoss ? (await loss!.getData() as Float32Array)[0]! : null;
      loss!.dispose();
      return value;
    });
  }

  predict(batch: Batch, which: WhichWeights): Promise<Record<string, OutputValue>> {
    return this.#guarded(async () => {
      const feeds: Record<string, ort.Tensor> = { ...this.#tensors(batch) };
      for (const { name } of this.#program.parameters) {
        if (!this.#serving.inputNames.includes(name)) continue;
        const mean = which === "mean" ? this.#held.get(`${name}:${EMA}`) : undefined;
        feeds[name] = (mean ?? this.#held.get(name)!).tensor;
      }
      const found = await this.#serving.run(feeds);
      return Object.fromEntries(
        Object.entries(found).map(([name, { data, dims }]) => [
          name,
          { data: data as Float32Array, shape: dims },
        ]),
      );
    });
  }

  save(): Promise<TrainingState> {
    return this.#guarded(async () => {
      const state: Record<string, Float32Array> = {};
      for (const [name, { tensor }] of this.#held) {
        state[name] = (await tensor.getData() as Float32Array).slice();
      }
      return state;
    });
  }

  load(state: TrainingState): Promise<void> {
    // deno-lint-ignore require-await
    return this.#guarded(async () => {
      const wanted = this.#arrays();
      for (const { name, length } of wanted) {
        if (state[name]?.length === length) continue;
        throw new RangeError(
          `Cannot take over a training state: ${name} must hold ${length} numbers: ` +
            `current value is ${state[name]?.length ?? "none"}`,
        );
      }
      this.#release();
      for (const { name, shape, length } of wanted) {
        this.#held.set(name, { shape, length, tensor: this.#gpu.upload(state[name]!, shape) });
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#release();
    await this.#opened.disposeAsync();
  }

  #release(): void {
    for (const { tensor } of this.#held.values()) tensor.dispose();
    this.#held.clear();
  }

  /** Names and shapes of all that is held. */
  #arrays(): { name: string; shape: readonly number[]; length: number }[] {
    const { parameters, optimizer, emaDecay } = this.#program;
    return parameters.flatMap(({ name, shape, length, kind }) => {
      const slots = kind !== "trained"
        ? []
        : [...optimizer.slots, ...(emaDecay === null ? [] : [EMA])];
      const names = [name, ...slots.map((slot) => `${name}:${slot}`)];
      return names.map((each) => ({ name: each, shape, length }));
    });
  }

  #tensors(batch: Batch): Record<string, ort.Tensor> {
    return Object.fromEntries(
      Object.entries(batch).map((
        [name, value],
      ) => [name, this.#gpu.tensor(value.data, value.shape)]),
    );
  }

  #numbers(numbers: StepNumbers): Record<string, ort.Tensor> {
    return Object.fromEntries(
      Object.entries(numbers).map(([name, value]) => [
        `step:${name}`,
        this.#gpu.tensor(Float32Array.of(value), []),
      ]),
    );
  }

  /** Runs `work`; what fails after the device was lost says so. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.#gpu.check();
      return await work();
    } catch (error) {
      // The news of the loss comes after the errors that it makes
      await new Promise((resolve) => setTimeout(resolve));
      this.#gpu.check(error);
      if (error instanceof RangeError || error instanceof AppError) throw error;
      const rule = "the device must run every node";
      throw new AppError(
        "training-failed",
        `Cannot train on ${this.report.adapter}: ${rule}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
}
