/**
 * A small assembler for WebAssembly: just the instructions that our kernels use.
 *
 * Code is written as nested arrays of bytes; {@linkcode wasmModule} wraps functions over one imported
 * memory. Opcodes: WebAssembly Core Specification 2.0, chapter 5 "Binary Format".
 *
 * @module
 */

/** Bytes, possibly nested; flattened when the module is made. */
export type Code = number | readonly Code[];

/** Value types. */
export const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (value >>>= 0; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (value |= 0;; value >>= 7) {
    const rest = value >> 6;
    if (rest === 0 || rest === -1) return [...bytes, value & 0x7f];
    bytes.push((value & 0x7f) | 0x80);
  }
}

const vector = (opcode: number) => [0xfd, ...unsigned(opcode)];
/** Alignment (power of two) and constant offset of a memory access. */
const at = (align: number, offset: number) => [align, ...unsigned(offset)];

/** Instructions, named as in the specification; operands come before, as on the stack. */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signed(value)],
  f32: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  i32Load: (offset: number): Code => [0x28, ...at(2, offset)],
  f32Load: (offset: number): Code => [0x2a, ...at(2, offset)],
  i32Store: (offset: number): Code => [0x36, ...at(2, offset)],
  i32Eqz: 0x45,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  i32Add: 0x6a,
  i32Mul: 0x6c,
  i32And: 0x71,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrU: 0x76,
  f32Mul: 0x94,
  bitsOfF32: 0xbc,
  v128Load: (offset: number): Code => [...vector(0x00), ...at(4, offset)],
  v128Load32Splat: (offset: number): Code => [...vector(0x09), ...at(2, offset)],
  v128Store: (offset: number): Code => [...vector(0x0b), ...at(4, offset)],
  v128AnyTrue: vector(0x53),
  /** The low 8 bytes; the others are 0. */
  v128Load64Zero: (offset: number): Code => [...vector(0x5d), ...at(3, offset)],
  v128Store32Lane: (offset: number, lane: number): Code => [
    ...vector(0x5a),
    ...at(2, offset),
    lane,
  ],
  v128And: vector(0x4e),
  /** Bytes of two vectors by number: 0 to 15 of the first, 16 to 31 of the second. */
  i8x16Shuffle: (lanes: readonly number[]): Code => [...vector(0x0d), ...lanes],
  i8x16NarrowU: vector(0x66),
  i16x8NarrowS: vector(0x85),
  i16x8ExtendLowU: vector(0x89),
  i16x8ExtendHighU: vector(0x8a),
  i32x4Splat: vector(0x11),
  i32x4ShrS: vector(0xac),
  i32x4Add: vector(0xae),
  /** Products of 16-bit numbers, neighbours summed. */
  i32x4DotI16x8S: vector(0xba),
  f32x4Splat: vector(0x13),
  f32x4Sqrt: vector(0xe3),
  f32x4Add: vector(0xe4),
  f32x4Sub: vector(0xe5),
  f32x4Mul: vector(0xe6),
  f32x4Div: vector(0xe7),
  f32x4Min: vector(0xe8),
  f32x4Max: vector(0xe9),
  /** x * y + z, rounded once or twice as the machine likes (relaxed vectors). */
  f32x4RelaxedMadd: vector(0x105),
  f64x2Add: vector(0xf0),
  f64x2Mul: vector(0xf2),
  /** The two low floats as doubles. */
  f64x2PromoteLow: vector(0x5f),
  /** Runs `body` as a loop that begins again while `condition` is not 0. */
  doWhile: (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b],
  /** Runs `then` if the value on the stack is not 0, else `otherwise`. */
  ifElse: (then: Code, otherwise: Code = []): Code => [0x04, 0x40, then, 0x05, otherwise, 0x0b],
} as const;

/** Runs `body` while local `from`, moved by `bytes` each time, is below local `end`; not at all if it is not. */
export function walk(from: number, end: number, bytes: number, body: Code): Code {
  const below = [op.get(from), op.get(end), op.i32LtU];
  const step = [op.get(from), op.i32(bytes), op.i32Add, op.set(from)];
  return [below, op.ifElse(op.doWhile([body, step], below))];
}

/** A function without results. */
export interface WasmFunction {
  readonly name: string;
  readonly params: readonly number[];
  readonly locals: readonly number[];
  readonly body: Code;
}

/** A module that exports `functions` and imports `env.memory`, shared unless told, of at most `maxPages`. */
export function wasmModule(
  functions: readonly WasmFunction[],
  maxPages: number,
  { shared = true }: { readonly shared?: boolean } = {},
): WebAssembly.Module {
  const flat = (code: Code, into: number[] = []): number[] => {
    if (typeof code === "number") into.push(code);
    else for (const part of code) flat(part, into);
    return into;
  };
  const sized = (bytes: number[]): number[] => [...unsigned(bytes.length), ...bytes];
  const list = (items: number[][]): number[] => [...unsigned(items.length), ...items.flat()];
  const text = (value: string): number[] => sized([...new TextEncoder().encode(value)]);
  const section = (id: number, bytes: number[]): number[] => [id, ...sized(bytes)];
  const types = functions.map(({ params }) => [0x60, ...list(params.map((type) => [type])), 0]);
  const memory = [...text("env"), ...text("memory"), 2, shared ? 3 : 1, 0, ...unsigned(maxPages)];
  const exported = functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]);
  const bodies = functions.map(({ locals, body }) =>
    sized([...list(locals.map((type) => [1, type])), ...flat(body), 0x0b])
  );
  return new WebAssembly.Module(Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(2, list([memory])),
    ...section(3, list(functions.map((_, i) => unsigned(i)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]));
}
