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
  bagKernels,
  type Batch,
  type BatchValue,
  EMA,
  type Executor,
  FixedMemory,
  type MakeBagKernels,
  type MakeKernels,
  type OutputValue,
  type ProgramParameter,
  type StepNumbers,
  stepNumbers,
  type StepOptions,
  type TrainingProgram,
  type TrainingState,
  type UpdateKernels,
  updateKernels,
  type WhichWeights,
} from "../network/mod.ts";
import { SparseTable } from "./sparse_table.ts";

/** How the CPU is used. */
export interface CpuOptions {
  /** Threads inside one operator; 1 by default. The results are the same with any number. */
  readonly threads?: number;
  /** Why the CPU; "asked for" by default. */
  readonly reason?: string;
  /** What moves the weights; the plain twins for tests. */
  readonly kernels?: MakeKernels;
  readonly bagKernels?: MakeBagKernels;
}

/** One trained parameter and what belongs to it. */
interface Place {
  readonly parameter: ProgramParameter;
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly state: readonly Float32Array[];
  readonly mean: Float32Array | null;
}

/** The two graphs, opened. */
interface Sessions {
  readonly training: ort.InferenceSession;
  readonly serving: ort.InferenceSession;
}

/** An executor on this machine's CPU. */
export async function openCpuExecutor(
  program: TrainingProgram,
  options: CpuOptions = {},
): Promise<Executor> {
  const { threads = 1 } = options;
  const settings = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  } as const;
  const open = (graph: ReturnType<TrainingProgram["gradientGraph"]>) =>
    ort.InferenceSession.create(encodeOnnx(graph), settings);
  await using opened = new AsyncDisposableStack();
  const training = await open(program.gradientGraph());
  opened.defer(() => training.release());
  const serving = await open(program.servingGraph());
  opened.defer(() => serving.release());
  return new CpuExecutor(program, { training, serving }, opened.move(), options);
}

class CpuExecutor implements Executor {
  readonly report: Executor["report"];
  readonly #program: TrainingProgram;
  readonly #sessions: Sessions;
  readonly #opened: AsyncDisposableStack;
  readonly #memory: FixedMemory;
  readonly #kernels: UpdateKernels;
  /** The state by name. */
  readonly #arrays = new Map<string, Float32Array>();
  readonly #trained: Place[] = [];
  readonly #running: { weights: Float32Array; batch: Float32Array; momentum: number }[] = [];
  readonly #tables = new Map<string, SparseTable>();
  readonly #feeds: Record<string, ort.Tensor> = {};
  readonly #fetches: Record<string, ort.Tensor> = {};
  readonly #served: Record<WhichWeights, Record<string, ort.Tensor>> = { last: {}, mean: {} };
  readonly #loss = new Float32Array(1);

  constructor(
    program: TrainingProgram,
    sessions: Sessions,
    opened: AsyncDisposableStack,
    { threads = 1, reason = "asked for", ...make }: CpuOptions,
  ) {
    this.report = { device: "cpu", adapter: "onnxruntime-node", limits: { threads }, reason };
    this.#program = program;
    this.#sessions = sessions;
    this.#opened = opened;
    const slots = program.optimizer.slots.length;
    const copies = 2 + slots + (program.emaDecay === null ? 0 : 1);
    const dense = program.parameters.filter(({ kind }) => kind !== "sparse");
    this.#memory = new FixedMemory([
      ...dense.flatMap(({ length }) => Array<number>(copies).fill(length)),
      ...program.bags.flatMap((bag) => SparseTable.lengths(bag, slots)),
    ]);
    this.#kernels = (make.kernels ?? updateKernels)(program, this.#memory);
    this.#fetches["loss"] = new ort.Tensor("float32", this.#loss, []);
    for (const parameter of dense) this.#place(parameter);
    for (const bag of program.bags) {
      const kernels = (make.bagKernels ?? bagKernels)(bag.width, this.#memory);
      const table = new SparseTable(bag, slots, this.#memory, kernels);
      this.#tables.set(bag.name, table);
      this.#keep(bag.name, table);
      this.#serve(bag.name, new ort.Tensor("float32", table.weights, [bag.vocabulary, bag.width]));
    }
  }

  #place(parameter: ProgramParameter): void {
    const { name, shape, length, kind, momentum } = parameter;
    const tensor = (data: Float32Array) => new ort.Tensor("float32", data, shape);
    const take = () => this.#memory.floats(length);
    const weights = take(), fed = tensor(weights);
    this.#feeds[name] = fed;
    if (kind !== "trained") {
      this.#keep(name, { weights, state: [] });
      this.#serve(name, fed);
      if (kind !== "running") return;
      const batch = take();
      this.#fetches[`statistic:${name}`] = tensor(batch);
      this.#running.push({ weights, batch, momentum });
      return;
    }
    const { optimizer, emaDecay } = this.#program;
    const gradient = take(), state = optimizer.slots.map(take);
    const mean = emaDecay === null ? null : take();
    this.#fetches[`gradient:${name}`] = tensor(gradient);
    this.#keep(name, { weights, state });
    if (mean !== null) this.#arrays.set(`${name}:${EMA}`, mean);
    this.#serve(name, fed, mean === null ? fed : tensor(mean));
    this.#trained.push({ parameter, weights, gradient, state, mean });
  }

  /** Makes arrays part of the state. */
  #keep(name: string, { weights, state }: Pick<Place, "weights" | "state">): void {
    this.#arrays.set(name, weights);
    state.forEach((array, i) => {
      this.#arrays.set(`${name}:${this.#program.optimizer.slots[i]}`, array);
    });
  }

  #serve(name: string, last: ort.Tensor, mean = last): void {
    if (!this.#sessions.serving.inputNames.includes(name)) return;
    this.#served.last[name] = last;
    this.#served.mean[name] = mean;
  }

  async step(batch: Batch, { step, rate }: StepOptions): Promise<number> {
    const feeds = { ...this.#feeds }, fetches = { ...this.#fetches };
    for (const [name, value] of Object.entries(batch)) {
      if (!this.#tables.has(name)) feeds[name] = tensorOf(value);
    }
    const sparse: Float32Array[] = [];
    for (const { name, width } of this.#program.bags) {
      const { bags, gradients } = this.#tables.get(name)!.gather(batch[name]);
      const shape = [bags.length / width, width];
      feeds[`bag:${name}`] = new ort.Tensor("float32", bags, shape);
      fetches[`gradient:bag:${name}`] = new ort.Tensor("float32", gradients, shape);
      sparse.push(gradients);
    }
    await this.#sessions.training.run(feeds, fetches);
    this.#move(stepNumbers(this.#program, step, rate), this.#clipping(sparse));
    return this.#loss[0]!;
  }

  /** What clipping leaves of the gradients. Of a bag its own gradient counts, not those of its rows. */
  #clipping(sparse: readonly Float32Array[]): number {
    const { clipNorm } = this.#program;
    if (clipNorm === null) return 1;
    let squares = 0;
    for (const { gradient } of this.#trained) squares += this.#kernels.sumOfSquares(gradient);
    for (const gradient of sparse) squares += this.#kernels.sumOfSquares(gradient);
    return Math.min(1, clipNorm / (Math.sqrt(squares) + 1e-6));
  }

  #move(numbers: StepNumbers, scale: number): void {
    const kernels = this.#kernels;
    for (const { parameter, weights, gradient, state, mean } of this.#trained) {
      const { rate, decay } = parameter;
      kernels.update({ weights, state }, gradient, numbers, { rate, decay, scale });
      if (mean !== null) kernels.blend(mean, weights, 1 - numbers[EMA]!);
    }
    const options = { rate: 1, decay: false, scale };
    for (const table of this.#tables.values()) {
      table.scatter((...moved) => kernels.updateRows(...moved, numbers, options));
    }
    for (const { weights, batch, momentum } of this.#running) {
      kernels.blend(weights, batch, momentum);
    }
  }

  async predict(batch: Batch, which: WhichWeights): Promise<Record<string, OutputValue>> {
    const found = await this.#sessions.serving.run({ ...this.#served[which], ...tensorsOf(batch) });
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
    await this.#opened.disposeAsync();
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
