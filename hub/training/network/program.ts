/**
 * Turns a network and the way it is to learn into the graphs that an executor runs.
 *
 * Three graphs over the same parameters: `gradients` (loss and gradients come out, the host updates), `step` (the
 * optimizer is inside, state goes in and comes out) and `serving`. What the executors must agree on is decided here.
 *
 * @module
 */
import {
  add,
  gradients,
  GraphBuilder,
  type GraphDescription,
  mul,
  product,
  reduceSum,
  scale,
  shift,
  sqrt,
  sub,
  type Tensor,
} from "../../model/graph/mod.ts";
import {
  type Optimizer,
  optimizerOf,
  type OptimizerSettings,
  type StepNumbers,
} from "./optimizers.ts";

/** A parameter that follows a statistic of the batches instead of a gradient: BatchNorm's mean and variance. */
export interface RunningStatistic {
  /** A parameter shaped like `batch`; the training graph need not use it. */
  readonly parameter: Tensor;
  /** This batch's value. */
  readonly batch: Tensor;
  /** Share of the batch's value in the new one; 0.1 by default. */
  readonly momentum?: number;
}

/**
 * A bag of rows of a large table, computed outside the graph so that a step costs what it touches: the mean of the
 * rows that a batch's ids name. Only those rows, and their part of the optimizer's state, move (as PyTorch's
 * SparseAdam: without decay, the step counted for all). For the CPU.
 */
export interface SparseBag {
  /** Parameter name of the table, as the serving graph has it. */
  readonly name: string;
  /** The input `[N,width]` that stands for the bags: {@linkcode sparseBag} makes it. */
  readonly tensor: Tensor;
  readonly vocabulary: number;
  readonly width: number;
  /** Most rows of a batch, and most ids of a row. */
  readonly rows: number;
  readonly ids: number;
}

/** A bag for a training graph. Batches feed `name` as int32 ids `[N,L]`; what is below 0 pads. */
export function sparseBag(g: GraphBuilder, bag: Omit<SparseBag, "tensor">): SparseBag {
  return { ...bag, tensor: g.variable(g.input(`bag:${bag.name}`, ["N", bag.width])) };
}

/** What a network's training graph gives. */
export interface TrainingGraph {
  /** The scalar to make small. */
  readonly loss: Tensor;
  readonly statistics?: readonly RunningStatistic[];
  readonly bags?: readonly SparseBag[];
}

/** A network: the same parameters, by name, in both graphs. */
export interface Network {
  /** Builds what is trained; its inputs are what every batch feeds. */
  training(g: GraphBuilder): TrainingGraph;
  /** Builds what serves; outputs by name. */
  serving(g: GraphBuilder): Readonly<Record<string, Tensor>>;
}

/** How one parameter learns. */
export interface ParameterRole {
  /** Its learning rate, in learning rates of the run; 0 freezes it. */
  readonly rate: number;
  /** Whether weight decay applies. */
  readonly decay: boolean;
}

/** How a network learns. */
export interface LearningSettings {
  readonly optimizer: OptimizerSettings;
  /** Gradients longer than this, all together, are shortened to it. */
  readonly clipNorm?: number;
  /** Keeps a slowly moving mean of the weights, which is what is evaluated and kept: 0.999, say. */
  readonly emaDecay?: number;
  /** By default all learn at rate 1, and decay draws matrices and kernels but no vectors (biases, norms). */
  readonly role?: (name: string, shape: readonly number[]) => ParameterRole;
}

/** One parameter of a program. */
export interface ProgramParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly length: number;
  /** `sparse`: a table outside the graph. */
  readonly kind: "trained" | "frozen" | "running" | "sparse";
  readonly rate: number;
  readonly decay: boolean;
  /** Of a running statistic. */
  readonly momentum: number;
}

/** See the module's note. */
export interface TrainingProgram {
  readonly parameters: readonly ProgramParameter[];
  /** Their gradients are outputs `gradient:bag:NAME`. */
  readonly bags: readonly Omit<SparseBag, "tensor">[];
  readonly optimizer: Optimizer;
  readonly clipNorm: number | null;
  readonly emaDecay: number | null;
  /** Outputs `loss`, `gradient:NAME` and `statistic:NAME`. */
  readonly gradientGraph: () => GraphDescription;
  /** Inputs `step:NUMBER` and `NAME:SLOT` besides, outputs `loss` and `next:NAME`, `next:NAME:SLOT`. */
  readonly stepGraph: () => GraphDescription;
  readonly servingGraph: () => GraphDescription;
}

/** Name of the slot that holds the slowly moving mean. */
export const EMA = "ema";

/** Plans how `network` learns. @throws RangeError where a graph cannot be built or differentiated */
export function planTraining(network: Network, settings: LearningSettings): TrainingProgram {
  const optimizer = optimizerOf(settings.optimizer);
  const clipNorm = settings.clipNorm ?? null, emaDecay = settings.emaDecay ?? null;
  const build = () => {
    const g = new GraphBuilder();
    const { loss, statistics = [], bags = [] } = network.training(g);
    const parameters = [
      ...g.parameters.map((tensor) => planned(tensor, statistics, settings)),
      ...bags.map(plannedTable),
    ];
    const trained = parameters.filter(({ kind }) => kind === "trained");
    const tensors = new Map(g.parameters.map((tensor) => [tensor.name, tensor]));
    const by = trained.map(({ name }) => tensors.get(name)!);
    g.output("loss", loss);
    const found = gradients(loss, [...by, ...bags.map(({ tensor }) => tensor)]);
    return { g, statistics, bags, parameters, trained, by, found };
  };
  const { parameters, bags } = build();
  if (bags.length > 0 && emaDecay !== null) {
    throw new RangeError(
      "Cannot plan a training: a moving mean would move all rows of a sparse table: " +
        `current value is emaDecay ${emaDecay} with the table ${bags[0]!.name}`,
    );
  }
  return {
    parameters,
    bags: bags.map(({ tensor: _, ...bag }) => bag),
    optimizer,
    clipNorm,
    emaDecay,
    gradientGraph() {
      const { g, statistics, by, bags, found } = build();
      const names = [...by, ...bags.map(({ tensor }) => tensor)].map(({ name }) => name);
      found.forEach((d, i) => g.output(`gradient:${names[i]}`, d));
      for (const { parameter, batch } of statistics) {
        g.output(`statistic:${parameter.name}`, batch);
      }
      return g.build({ name: "gradients" });
    },
    stepGraph() {
      const { g, statistics, trained, by, bags, found } = build();
      if (bags.length > 0) {
        throw new RangeError(
          `Cannot train on a device: sparse tables lie outside of its graph: current value is ${
            bags[0]!.name
          }`,
        );
      }
      const factor = clipNorm === null ? null : clipFactor(found, clipNorm);
      const numbers = Object.fromEntries(
        numberNames(optimizer, emaDecay).map((name) => [name, g.input(`step:${name}`, [])]),
      );
      trained.forEach(({ name, rate, decay, shape }, i) => {
        const gradient = factor === null ? found[i]! : mul(found[i]!, factor);
        const slot = (of: string) => g.input(`${name}:${of}`, shape);
        const slots = { weights: by[i]!, state: optimizer.slots.map(slot) };
        const next = optimizer.nodes(slots, gradient, numbers, { rate, decay, scale: 1 });
        g.output(`next:${name}`, next.weights);
        next.state.forEach((tensor, k) => g.output(`next:${name}:${optimizer.slots[k]}`, tensor));
        if (emaDecay === null) return;
        const mean = slot(EMA), keep = numbers[EMA]!;
        const moved = add(mul(mean, keep), mul(next.weights, sub(g.scalar(1), keep)));
        g.output(`next:${name}:${EMA}`, moved);
      });
      for (const { parameter, batch, momentum = MOMENTUM } of statistics) {
        const blended = add(scale(parameter, 1 - momentum), scale(batch, momentum));
        g.output(`next:${parameter.name}`, blended);
      }
      return g.build({ name: "step" });
    },
    servingGraph() {
      const g = new GraphBuilder();
      for (const [name, tensor] of Object.entries(network.serving(g))) g.output(name, tensor);
      return g.build({ name: "serving" });
    },
  };
}

/** PyTorch's default for BatchNorm. */
const MOMENTUM = 0.1;

function planned(
  { name, shape }: Tensor,
  statistics: readonly RunningStatistic[],
  { role }: LearningSettings,
): ProgramParameter {
  const sizes = shape as readonly number[], length = product(shape) as number;
  const running = statistics.find(({ parameter }) => parameter.name === name);
  const { rate, decay } = running !== undefined
    ? { rate: 0, decay: false }
    : role?.(name, sizes) ?? { rate: 1, decay: sizes.length > 1 };
  const kind = running !== undefined ? "running" : rate === 0 ? "frozen" : "trained";
  const momentum = running?.momentum ?? MOMENTUM;
  return { name, shape: sizes, length, kind, rate, decay, momentum };
}

function plannedTable({ name, vocabulary, width }: SparseBag): ProgramParameter {
  const shape = [vocabulary, width], length = vocabulary * width;
  return { name, shape, length, kind: "sparse", rate: 1, decay: false, momentum: MOMENTUM };
}

/** `min(1, bound / (norm + 1e-6))` over all gradients, as PyTorch clips. */
function clipFactor(found: readonly Tensor[], bound: number): Tensor {
  const { builder } = found[0]!;
  const norm = sqrt(found.map((d) => reduceSum(mul(d, d))).reduce(add));
  const factor = builder.node("Div", [builder.scalar(bound), shift(norm, 1e-6)], []);
  return builder.node("Min", [factor, builder.scalar(1)], []);
}

/** Names of the numbers that a step graph is fed. */
function numberNames(optimizer: Optimizer, emaDecay: number | null): string[] {
  return [...Object.keys(optimizer.numbers(1, 1)), ...(emaDecay === null ? [] : [EMA])];
}

/** The numbers of step `step`, counted from 1. Early means move faster: `(1 + step) / (10 + step)` at most. */
export function stepNumbers(
  { optimizer, emaDecay }: TrainingProgram,
  step: number,
  rate: number,
): StepNumbers {
  const numbers = optimizer.numbers(step, rate);
  if (emaDecay === null) return numbers;
  return { ...numbers, [EMA]: Math.min(emaDecay, (1 + step) / (10 + step)) };
}
