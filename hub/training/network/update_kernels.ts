/**
 * What moves weights on the CPU: kernels with 128-bit vectors, and their plain twin with the same bits.
 *
 * @module
 */
import {
  type Code,
  F32,
  I32,
  op,
  V128,
  walk,
  type WasmFunction,
  wasmModule,
} from "@aisle/shared/wasm_code";
import type { FixedMemory } from "./fixed_memory.ts";
import type { Optimizer, Slots, StepNumbers, UpdateOptions } from "./optimizers.ts";
import type { TrainingProgram } from "./program.ts";

/** See the module's note. Arrays must lie in the kernels' memory. */
export interface UpdateKernels {
  /** The optimizer's update, in place. */
  update(
    slots: Slots<Float32Array>,
    gradient: Float32Array,
    numbers: StepNumbers,
    options: UpdateOptions,
  ): void;
  /** The same for rows `ids` of a table and no others; row i of `gradients` is that of row `ids[i]`. */
  updateRows(
    slots: Slots<Float32Array>,
    gradients: Float32Array,
    rows: TableRows,
    numbers: StepNumbers,
    options: UpdateOptions,
  ): void;
  sumOfSquares(array: Float32Array): number;
  /** `target + share (towards - target)`, in place. */
  blend(target: Float32Array, towards: Float32Array, share: number): void;
}

/** Rows of a table, each named once; `width` floats make one. */
export interface TableRows {
  readonly ids: Int32Array;
  readonly width: number;
}

/** Makes kernels for a program over `memory`. */
export type MakeKernels = (
  program: Pick<TrainingProgram, "optimizer">,
  memory: FixedMemory,
) => UpdateKernels;

/** The plain twin: TypeScript over ordinary arrays. */
export const plainKernels: MakeKernels = ({ optimizer }) => {
  const f = Math.fround;
  return {
    update: (...args) => optimizer.update(...args),
    updateRows({ weights, state }, gradients, { ids, width }, numbers, options) {
      ids.forEach((id, i) => {
        const row = (array: Float32Array) => array.subarray(id * width, (id + 1) * width);
        const gradient = gradients.subarray(i * width, (i + 1) * width);
        optimizer.update(
          { weights: row(weights), state: state.map(row) },
          gradient,
          numbers,
          options,
        );
      });
    },
    sumOfSquares(array) {
      // Two sums side by side, as the vectors have them
      let even = 0, odd = 0;
      for (let i = 0; i < array.length; i += 2) {
        even += array[i]! * array[i]!;
        odd += (array[i + 1] ?? 0) ** 2;
      }
      return even + odd;
    },
    blend(target, towards, share) {
      const part = f(share);
      for (let i = 0; i < target.length; i++) {
        target[i] = f(target[i]! + f(part * f(towards[i]! - target[i]!)));
      }
    },
  };
};

type Kernel = (...args: number[]) => void;

/** The kernels. Arrays are padded with zeros to whole vectors, which every kernel leaves zero. */
export const updateKernels: MakeKernels = ({ optimizer }, { memory, pages, result }) => {
  const functions = [...updateFunctions(optimizer), BLEND, squaresFunction(result)];
  const module = wasmModule(functions, pages, { shared: false });
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const { update, blend, squares } = exports as Record<"update" | "blend" | "squares", Kernel>;
  const sizeOf = (array: Float32Array) => Math.ceil(array.length / 4) * 16;
  const scalarsOf = (numbers: StepNumbers, { rate, decay, scale }: UpdateOptions) => {
    const keep = 1 - numbers["rate"]! * (decay ? rate * optimizer.settings.weightDecay : 0);
    const move = (numbers["size"] ?? numbers["rate"]!) * rate;
    return [scale, keep, move, numbers["root"] ?? 1];
  };
  return {
    update({ weights, state }, gradient, numbers, options) {
      const arrays = [weights, gradient, ...state].map(({ byteOffset }) => byteOffset);
      update(...arrays, sizeOf(weights), ...scalarsOf(numbers, options));
    },
    updateRows({ weights, state }, gradients, { ids, width }, numbers, options) {
      const scalars = scalarsOf(numbers, options), bytes = width * 4;
      const places = [weights, gradients, ...state].map(({ byteOffset }) => byteOffset);
      const args = [...places, bytes, ...scalars];
      for (let i = 0; i < ids.length; i++) {
        const offset = ids[i]! * bytes;
        for (let k = 0; k < places.length; k++) args[k] = places[k]! + offset;
        args[1] = places[1]! + i * bytes;
        update(...args);
      }
    },
    blend(target, towards, share) {
      blend(target.byteOffset, towards.byteOffset, sizeOf(target), share);
    },
    sumOfSquares(array) {
      squares(array.byteOffset, sizeOf(array));
      const [even, odd] = new Float64Array(memory.buffer, result, 2);
      return even! + odd!;
    },
  };
};

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Locals by number, for the body of a kernel. */
interface Numbered {
  readonly arrays: readonly number[];
  readonly scalars: readonly number[];
  readonly constants: readonly number[];
  readonly temporaries: readonly number[];
}

/** What a kernel is made of. */
interface KernelParts {
  readonly name: string;
  readonly arrays: number;
  readonly scalars: number;
  readonly constants?: readonly number[];
  readonly temporaries: number;
  /** Handles four elements, at the arrays' addresses. */
  readonly body: (locals: Numbered) => Code;
}

/** A function of addresses, a size in bytes and scalars that walks over all arrays together. */
function kernel(parts: KernelParts): WasmFunction {
  const constants = parts.constants ?? [];
  const arrays = range(parts.arrays), size = parts.arrays;
  const given = range(parts.scalars).map((i) => size + 1 + i);
  const end = size + 1 + parts.scalars;
  const vectors = range(parts.scalars + constants.length + parts.temporaries).map((i) =>
    end + 1 + i
  );
  const scalars = vectors.slice(0, parts.scalars);
  const baked = vectors.slice(parts.scalars, parts.scalars + constants.length);
  const temporaries = vectors.slice(parts.scalars + constants.length);
  const others = arrays.slice(1).map((a) => [op.get(a), op.i32(16), op.i32Add, op.set(a)]);
  return {
    name: parts.name,
    params: [...arrays.map(() => I32), I32, ...given.map(() => F32)],
    locals: [I32, ...vectors.map(() => V128)],
    body: [
      [op.get(0), op.get(size), op.i32Add, op.set(end)],
      scalars.map((vector, i) => [op.get(given[i]!), op.f32x4Splat, op.set(vector)]),
      baked.map((vector, i) => [op.f32(constants[i]!), op.f32x4Splat, op.set(vector)]),
      walk(0, end, 16, [parts.body({ arrays, scalars, constants: baked, temporaries }), others]),
    ],
  };
}

const load = (array: number): Code => [op.get(array), op.v128Load(0)];
const product = (a: Code, b: Code): Code => [a, b, op.f32x4Mul];

/** The optimizer's `update`, its settings baked in. */
function updateFunctions({ settings }: Optimizer): WasmFunction[] {
  return [settings.kind === "adamw" ? adamwFunction(settings) : sgdFunction(settings)];
}

function adamwFunction(settings: Extract<Optimizer["settings"], { kind: "adamw" }>): WasmFunction {
  const { beta1, beta2, epsilon } = settings;
  return kernel({
    name: "update",
    arrays: 4,
    scalars: 4,
    constants: [beta1, 1 - beta1, beta2, 1 - beta2, epsilon],
    temporaries: 3,
    body({ arrays, scalars, constants, temporaries }) {
      const [weights, gradient, mean, square] = arrays as [number, number, number, number];
      const [scale, keep, move, root] = scalars.map(op.get) as [Code, Code, Code, Code];
      const [b1, c1, b2, c2, eps] = constants.map(op.get) as [Code, Code, Code, Code, Code];
      const [d, m, v] = temporaries as [number, number, number];
      return [
        [product(load(gradient), scale), op.set(d)],
        [product(b1, load(mean)), product(c1, op.get(d)), op.f32x4Add, op.set(m)],
        [product(b2, load(square)), product(c2, product(op.get(d), op.get(d)))],
        [op.f32x4Add, op.set(v)],
        [op.get(mean), op.get(m), op.v128Store(0), op.get(square), op.get(v), op.v128Store(0)],
        [op.get(weights), product(keep, load(weights)), product(move, op.get(m))],
        [product([op.get(v), op.f32x4Sqrt], root), eps, op.f32x4Add],
        [op.f32x4Div, op.f32x4Sub, op.v128Store(0)],
      ];
    },
  });
}

function sgdFunction(settings: Extract<Optimizer["settings"], { kind: "sgd" }>): WasmFunction {
  return kernel({
    name: "update",
    arrays: 3,
    scalars: 4,
    constants: [settings.momentum],
    temporaries: 2,
    body({ arrays, scalars, constants, temporaries }) {
      const [weights, gradient, velocity] = arrays as [number, number, number];
      const [scale, keep, move] = scalars.map(op.get) as [Code, Code, Code];
      const mu = op.get(constants[0]!), [d, v] = temporaries as [number, number];
      const along = settings.nesterov
        ? [op.get(d), product(mu, op.get(v)), op.f32x4Add]
        : op.get(v);
      return [
        [product(load(gradient), scale), op.set(d)],
        [product(mu, load(velocity)), op.get(d), op.f32x4Add, op.set(v)],
        [op.get(velocity), op.get(v), op.v128Store(0)],
        [op.get(weights), product(keep, load(weights)), product(move, along)],
        [op.f32x4Sub, op.v128Store(0)],
      ];
    },
  });
}

const BLEND = kernel({
  name: "blend",
  arrays: 2,
  scalars: 1,
  temporaries: 0,
  body({ arrays: [target, towards], scalars: [share] }) {
    const gap = [load(towards!), load(target!), op.f32x4Sub];
    return [
      [op.get(target!), load(target!), product(op.get(share!), gap)],
      [op.f32x4Add, op.v128Store(0)],
    ];
  },
});

/** Squares in double precision, the sums of even and odd elements apart. */
const squaresFunction = (result: number): WasmFunction => ({
  name: "squares",
  params: [I32, I32],
  locals: [I32, V128, V128],
  body: [
    [op.get(0), op.get(1), op.i32Add, op.set(2)],
    walk(0, 2, 8, [
      [op.get(0), op.v128Load64Zero(0), op.f64x2PromoteLow, op.set(4)],
      [op.get(3), op.get(4), op.get(4), op.f64x2Mul, op.f64x2Add, op.set(3)],
    ]),
    [op.i32(result), op.get(3), op.v128Store(0)],
  ],
});
