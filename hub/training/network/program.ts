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

/** What a network's training graph gives. */
export interface TrainingGraph {
  /** The scalar to make small. */
  readonly loss: Tensor;
  readonly statistics?: readonly RunningStatistic[];
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
  readonly kind: "trained" | "frozen" | "running";
  readonly rate: number;
  readonly decay: boolean;
  /** Of a running statistic. */
  readonly momentum: number;
}

/** See the module's note. */
export interface TrainingProgram {
  readonly parameters: readonly ProgramParameter[];
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
    const { loss, statistics = [] } = network.training(g);
    const parameters = g.parameters.map((tensor) => planned(tensor, statistics, settings));
    const trained = parameters.filter(({ kind }) => kind === "trained");
    const tensors = new Map(g.parameters.map((tensor) => [tensor.name, tensor]));
    const by = trained.map(({ name }) => tensors.get(name)!);
    g.output("loss", loss);
    return { g, statistics, parameters, trained, by, found: gradients(loss, by) };
  };
  const { parameters } = build();
  return {
    parameters,
    optimizer,
    clipNorm,
    emaDecay,
    gradientGraph() {
      const { g, statistics, by, found } = build();
      found.forEach((d, i) => g.output(`gradient:${by[i]!.name}`, d));
      for (const { parameter, batch } of statistics) {
        g.output(`statistic:${parameter.name}`, batch);
      }
      return g.build({ name: "gradients" });
    },
    stepGraph() {
      const { g, statistics, trained, by, found } = build();
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
