/**
 * Optimizers: AdamW, and SGD with momentum; weight decay is decoupled in both.
 *
 * Each is stated twice, side by side: over arrays, in float32 and in place, and as nodes of a graph, for devices
 * where state must not leave. State is named arrays beside the weights, made by `init`; nothing is hidden.
 * The kernels in `update_kernels.ts` do what the arrays' form does, to the last bit.
 *
 * @module
 */
import { add, div, mul, scale, shift, sqrt, sub, type Tensor } from "../../model/graph/mod.ts";

/** Settings of an optimizer; defaults are PyTorch's. */
export type OptimizerSettings =
  | {
    readonly kind: "adamw";
    readonly beta1?: number;
    readonly beta2?: number;
    readonly epsilon?: number;
    readonly weightDecay?: number;
  }
  | {
    readonly kind: "sgd";
    readonly momentum?: number;
    readonly nesterov?: boolean;
    readonly weightDecay?: number;
  };

/** Numbers of one step that all parameters share; a graph takes them as inputs. */
export type StepNumbers = Readonly<Record<string, number>>;

/** How one parameter moves. */
export interface UpdateOptions {
  /** Its learning rate, in learning rates of the step. */
  readonly rate: number;
  /** Whether weight decay draws it to 0. */
  readonly decay: boolean;
  /** Factor of the gradient: what clipping leaves of it. */
  readonly scale: number;
}

/** One parameter, and what the optimizer keeps about it. */
export interface Slots<T> {
  readonly weights: T;
  /** In the order of {@linkcode Optimizer.slots}. */
  readonly state: readonly T[];
}

/** See the module's note. */
export interface Optimizer {
  readonly settings: Required<OptimizerSettings>;
  /** Names of the state arrays, each as long as the weights. */
  readonly slots: readonly string[];
  /** State before the first step. */
  init(length: number): Float32Array[];
  /** Numbers of step `step`, counted from 1, at learning rate `rate`. */
  numbers(step: number, rate: number): StepNumbers;
  /** Moves weights and state in place. */
  update(
    slots: Slots<Float32Array>,
    gradient: Float32Array,
    numbers: StepNumbers,
    options: UpdateOptions,
  ): void;
  /** The moved weights and state as nodes; `gradient` is clipped already. */
  nodes(
    slots: Slots<Tensor>,
    gradient: Tensor,
    numbers: Readonly<Record<string, Tensor>>,
    options: UpdateOptions,
  ): Slots<Tensor>;
}

const f = Math.fround;

/** Stochastic gradient descent: `v = momentum v + g`, `w = w (1 - rate decay) - rate v`. */
function sgd(settings: Required<Extract<OptimizerSettings, { kind: "sgd" }>>): Optimizer {
  const { momentum, nesterov, weightDecay } = settings;
  const decayOf = (options: UpdateOptions) => options.decay ? options.rate * weightDecay : 0;
  return {
    settings,
    slots: ["velocity"],
    init: (length) => [new Float32Array(length)],
    numbers: (_step, rate) => ({ rate }),
    update({ weights, state: [velocity] }, gradient, { rate }, options) {
      const mu = f(momentum), scale = f(options.scale);
      const keep = f(1 - rate! * decayOf(options)), move = f(rate! * options.rate);
      for (let i = 0; i < weights.length; i++) {
        const d = f(gradient[i]! * scale);
        const v = velocity![i] = f(f(mu * velocity![i]!) + d);
        const along = nesterov ? f(d + f(mu * v)) : v;
        weights[i] = f(f(keep * weights[i]!) - f(move * along));
      }
    },
    nodes({ weights, state: [velocity] }, gradient, { rate }, options) {
      const v = add(scale(velocity!, momentum), gradient);
      const along = nesterov ? add(gradient, scale(v, momentum)) : v;
      const moved = sub(kept(weights, rate!, decayOf(options)), mul(along, scaled(rate!, options)));
      return { weights: moved, state: [v] };
    },
  };
}

/** I. Loshchilov and F. Hutter, "Decoupled weight decay regularization", 2019. */
function adamw(settings: Required<Extract<OptimizerSettings, { kind: "adamw" }>>): Optimizer {
  const { beta1, beta2, epsilon, weightDecay } = settings;
  const decayOf = (options: UpdateOptions) => options.decay ? options.rate * weightDecay : 0;
  return {
    settings,
    slots: ["mean", "square"],
    init: (length) => [new Float32Array(length), new Float32Array(length)],
    numbers: (step, rate) => ({
      rate,
      size: rate / (1 - beta1 ** step),
      root: 1 / Math.sqrt(1 - beta2 ** step),
    }),
    update({ weights, state: [mean, square] }, gradient, { rate, size, root }, options) {
      const [b1, c1, b2, c2, eps] = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon].map(f);
      const keep = f(1 - rate! * decayOf(options)), scale = f(options.scale);
      const move = f(size! * options.rate), unbias = f(root!);
      for (let i = 0; i < weights.length; i++) {
        const d = f(gradient[i]! * scale);
        const m = mean![i] = f(f(b1! * mean![i]!) + f(c1! * d));
        const v = square![i] = f(f(b2! * square![i]!) + f(c2! * f(d * d)));
        const width = f(f(f(Math.sqrt(v)) * unbias) + eps!);
        weights[i] = f(f(keep * weights[i]!) - f(f(move * m) / width));
      }
    },
    nodes({ weights, state: [mean, square] }, gradient, { rate, size, root }, options) {
      const m = add(scale(mean!, beta1), scale(gradient, 1 - beta1));
      const v = add(scale(square!, beta2), scale(mul(gradient, gradient), 1 - beta2));
      const width = shift(mul(sqrt(v), root!), epsilon);
      const moved = sub(
        kept(weights, rate!, decayOf(options)),
        div(mul(m, scaled(size!, options)), width),
      );
      return { weights: moved, state: [m, v] };
    },
  };
}

/** `weights (1 - rate decay)` */
function kept(weights: Tensor, rate: Tensor, decay: number): Tensor {
  return decay === 0 ? weights : sub(weights, mul(weights, scale(rate, decay)));
}

function scaled(number: Tensor, { rate }: UpdateOptions): Tensor {
  return rate === 1 ? number : scale(number, rate);
}

/** The optimizer of `settings`. */
export function optimizerOf(settings: OptimizerSettings): Optimizer {
  return settings.kind === "sgd"
    ? sgd({ momentum: 0.9, nesterov: false, weightDecay: 0, ...settings })
    : adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, ...settings });
}
