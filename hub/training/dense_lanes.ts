/**
 * One fit over dense rows on several threads: each takes some of the classes.
 *
 * One-vs-rest classes share nothing but the order of the rows, so that a fit parts without a loss and its bits are the
 * same whatever the number of threads.
 *
 * @module
 */
import type { DenseModel, DenseRows } from "../model/dense.ts";
import type { LinearOptions } from "../model/linear.ts";
import { type DenseResult, type DenseTask, DenseTasks } from "./dense_task.ts";
import { inSlices } from "./fit_runner.ts";
import { type TaskRunner, taskWorker } from "./task_worker.ts";

/** Classes that the kernel takes at once: a lane has whole ones of these. */
const QUAD = 4;
/** Values of a pass, times classes, from which on starting Workers pays: 50 ms each. */
const WORTH_WORKERS = 1e8;
const DEFAULT_LANES = 2;

/** Where a fit runs; nothing here changes its bits. */
export interface DenseLaneOptions {
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Threads at most; 1 is this thread alone. Default 2 where the work is worth a Worker. */
  readonly workers?: number;
}

interface Lane {
  readonly firstClass: number;
  readonly classes: number;
  readonly runner: TaskRunner<DenseTask, DenseResult>;
}

/** See the module's note; holds one fit at a time. */
export class DenseLanes implements Disposable {
  readonly #rows: DenseRows;
  readonly #lanes: readonly Lane[];
  readonly #runners = new DisposableStack();

  constructor(rows: DenseRows, options: DenseLaneOptions) {
    this.#rows = rows;
    const wanted = options.workers ??
      (rows.labels.length * rows.dims * rows.classes > WORTH_WORKERS ? DEFAULT_LANES : 1);
    const quads = Math.ceil(rows.classes / QUAD), count = Math.min(wanted, quads);
    this.#lanes = Array.from({ length: count }, (_, lane) => {
      const firstClass = Math.floor(lane * quads / count) * QUAD;
      const end = Math.min(rows.classes, Math.floor((lane + 1) * quads / count) * QUAD);
      const own = { ...rows, firstClass, classes: end - firstClass };
      const runner = count > 1 ? workerLane(own, options) : localLane(own, options);
      return { firstClass, classes: own.classes, runner: this.#runners.use(runner) };
    });
  }

  /** Begins a fit on the rows `train`, at zero. */
  async start(train: Int32Array, options: LinearOptions): Promise<void> {
    await this.#run({ type: "start", train, options });
  }

  /** Makes a pass (from 0) and gives its largest violation. */
  async pass(pass: number): Promise<number> {
    const results = await this.#run({ type: "pass", pass });
    return results.reduce((most, { violation }) => Math.max(most, violation), 0);
  }

  /** Scores of `rows`, [rows x classes]. */
  async scores(rows: Int32Array): Promise<Float32Array> {
    const results = await this.#run({ type: "score", rows });
    return this.#beside(results.map(({ arrays }) => arrays[0]!), rows.length);
  }

  /** The model as it stands. */
  async model(): Promise<DenseModel> {
    const results = await this.#run({ type: "model" }), { dims, classes } = this.#rows;
    return {
      dims,
      classes,
      weights: this.#beside(results.map(({ arrays }) => arrays[0]!), dims),
      bias: this.#beside(results.map(({ arrays }) => arrays[1]!), 1),
    };
  }

  [Symbol.dispose](): void {
    this.#runners.dispose();
  }

  #run(task: DenseTask): Promise<DenseResult[]> {
    return Promise.all(this.#lanes.map(({ runner }) => runner.run(task)));
  }

  /** `count` rows of the lanes' classes side by side. */
  #beside(parts: readonly Float32Array[], count: number): Float32Array {
    const { classes } = this.#rows, out = new Float32Array(count * classes);
    this.#lanes.forEach((lane, l) => {
      for (let row = 0; row < count; row++) {
        const part = parts[l]!.subarray(row * lane.classes, (row + 1) * lane.classes);
        out.set(part, row * classes + lane.firstClass);
      }
    });
    return out;
  }
}

function localLane(rows: DenseRows, options: DenseLaneOptions): Lane["runner"] {
  const tasks = new DenseTasks(rows);
  return { run: (task) => inSlices(tasks.run(task), options), [Symbol.dispose]: () => {} };
}

function workerLane(rows: DenseRows, options: DenseLaneOptions): Lane["runner"] {
  return taskWorker(new URL("./dense_worker.ts", import.meta.url), () => ({ rows }), options);
}
