/**
 * Trains on the CPU: ONNX Runtime gives loss and gradients, kernels update the weights in place.
 *
 * Weights, state and gradients lie in one block of memory from beginning to end: the runtime reads and writes them
 * there, and nothing is copied in a step. `run` blocks its thread, so a hub trains in its stage process; between
 * steps the event loop turns, and a cancel is heard.
 *
 * @module
 */
import * as ort from "onnxruntime-node";
import { encodeOnnx } from "../../onnx/mod.ts";
import {
  type Batch,
  type BatchValue,
  EMA,
  type Executor,
  type OutputValue,
  type ProgramParameter,
  stepNumbers,
  type StepOptions,
  type TrainingProgram,
  type TrainingState,
  type WhichWeights,
} from "../network/mod.ts";
import { type MakeKernels, type UpdateKernels, updateKernels } from "../network/update_kernels.ts";

/** How the CPU is used. */
export interface CpuOptions {
  /** Threads inside one operator; 1 by default. The results are the same with any number. */
  readonly threads?: number;
  /** Why the CPU; "asked for" by default. */
  readonly reason?: string;
  /** What moves the weights; the plain twin for tests. */
  readonly kernels?: MakeKernels;
}

/** One trained parameter and what belongs to it. */
interface Place {
  readonly parameter: ProgramParameter;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly state: readonly Float32Array[];
  readonly mean: Float32Array | null;
}

/** An executor on this machine's CPU. */
export async function openCpuExecutor(
  program: TrainingProgram,
  { threads = 1, reason = "asked for", kernels = updateKernels }: CpuOptions = {},
): Promise<Executor> {
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  } as const;
  const open = (graph: ReturnType<TrainingProgram["gradientGraph"]>) =>
    ort.InferenceSession.create(encodeOnnx(graph), options);
  await using opened = new AsyncDisposableStack();
  const training = await open(program.gradientGraph());
  opened.defer(() => training.release());
  const serving = await open(program.servingGraph());
  opened.defer(() => serving.release());
  const sessions = opened.move();
  const report = {
    device: "cpu",
    adapter: "onnxruntime-node",
    limits: { threads },
    reason,
  } as const;
  return new CpuExecutor(program, report, kernels, { training, serving }, sessions);
}

class CpuExecutor implements Executor {
  readonly report;
  readonly #program: TrainingProgram;
  readonly #training: ort.InferenceSession;
  readonly #serving: ort.InferenceSession;
  readonly #sessions: AsyncDisposableStack;
  readonly #kernels: UpdateKernels;
  readonly #arrays = new Map<string, Float32Array>();
  readonly #trained: Place[] = [];
  readonly #running: { weights: Float32Array; batch: Float32Array; momentum: number }[] = [];
  readonly #feeds: Record<string, ort.Tensor> = {};
  readonly #fetches: Record<string, ort.Tensor> = {};
  readonly #served: Record<WhichWeights, Record<string, ort.Tensor>> = { last: {}, mean: {} };
  readonly #loss = new Float32Array(1);

  constructor(
    program: TrainingProgram,
    report: Executor["report"],
    makeKernels: MakeKernels,
    { training, serving }: Record<"training" | "serving", ort.InferenceSession>,
    sessions: AsyncDisposableStack,
  ) {
    this.report = report;
    this.#program = program;
    this.#training = training;
    this.#serving = serving;
    this.#sessions = sessions;
    const copies = 2 + program.optimizer.slots.length + (program.emaDecay === null ? 0 : 1);
    const lengths = program.parameters.map(({ length }) => length);
    this.#kernels = makeKernels(program, lengths.flatMap((n) => Array(copies).fill(n)));
    this.#fetches["loss"] = new ort.Tensor("float32", this.#loss, []);
    for (const parameter of program.parameters) this.#place(parameter);
  }

  #place(parameter: ProgramParameter): void {
    const { name, shape, length, kind, momentum } = parameter;
    const tensor = (data: Float32Array) => new ort.Tensor("float32", data, shape);
    const take = () => this.#kernels.take(length);
    const weights = take();
    this.#arrays.set(name, weights);
    this.#feeds[name] = tensor(weights);
    const both = { last: tensor(weights), mean: tensor(weights) };
    if (kind === "running") {
      const batch = take();
      this.#fetches[`statistic:${name}`] = tensor(batch);
      this.#running.push({ weights, batch, momentum });
    } else if (kind === "trained") {
      const { optimizer, emaDecay } = this.#program;
      const gradient = take(), state = optimizer.slots.map(take);
      const mean = emaDecay === null ? null : take();
      this.#fetches[`gradient:${name}`] = tensor(gradient);
      optimizer.slots.forEach((slot, i) => this.#arrays.set(`${name}:${slot}`, state[i]!));
      if (mean !== null) {
        this.#arrays.set(`${name}:${EMA}`, mean);
        both.mean = tensor(mean);
      }
      this.#trained.push({ parameter, weights, gradient, state, mean });
    }
    if (!this.#serving.inputNames.includes(name)) return;
    this.#served.last[name] = both.last;
    this.#served.mean[name] = both.mean;
  }

  async step(batch: Batch, { step, rate }: StepOptions): Promise<number> {
    await this.#training.run({ ...this.#feeds, ...tensorsOf(batch) }, this.#fetches);
    const numbers = stepNumbers(this.#program, step, rate);
    const { clipNorm } = this.#program, kernels = this.#kernels;
    let scale = 1;
    if (clipNorm !== null) {
      let squares = 0;
      for (const { gradient } of this.#trained) squares += kernels.sumOfSquares(gradient);
      scale = Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6));
    }
    for (const { parameter, weights, gradient, state, mean } of this.#trained) {
      const { rate, decay } = parameter;
      kernels.update({ weights, state }, gradient, numbers, { rate, decay, scale });
      if (mean !== null) kernels.blend(mean, weights, 1 - numbers[EMA]!);
    }
    for (const { weights, batch, momentum } of this.#running) {
      kernels.blend(weights, batch, momentum);
    }
    return this.#loss[0]!;
  }

  async predict(batch: Batch, which: WhichWeights): Promise<Record<string, OutputValue>> {
    const found = await this.#serving.run({ ...this.#served[which], ...tensorsOf(batch) });
    return Object.fromEntries(
      Object.entries(found).map(([name, { data, dims }]) => [
        name,
        { data: data as Float32Array, shape: dims },
      ]),
    );
  }

  save(): Promise<TrainingState> {
    const copies = [...this.#arrays].map(([name, array]) => [name, array.slice()]);
    return Promise.resolve(Object.fromEntries(copies));
  }

  // deno-lint-ignore require-await
  async load(state: TrainingState): Promise<void> {
    for (const [name, array] of this.#arrays) {
      const given = state[name];
      if (given?.length !== array.length) {
        throw new RangeError(
          `Cannot take over a training state: ${name} must hold ${array.length} numbers: ` +
            `current value is ${given?.length ?? "none"}`,
        );
      }
      array.set(given);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sessions.disposeAsync();
  }
}

function tensorsOf(batch: Batch): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(batch).map(([name, value]) => [name, tensorOf(value)]),
  );
}

function tensorOf({ data, shape }: BatchValue): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
  if (data instanceof Uint8Array) return new ort.Tensor("uint8", data, shape);
  if (data instanceof Int32Array) return new ort.Tensor("int32", data, shape);
  return new ort.Tensor("int64", data, shape);
}
