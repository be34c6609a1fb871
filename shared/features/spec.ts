/**
 * The fitted description of the feature space: everything that `encode` needs beside the text.
 *
 * Bytes from outside are hostile until `specFromBytes` has read them: every length is checked before it is used.
 *
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "../hash.ts";
import { AppError, messageOf } from "../errors.ts";

/** Changes with every change of what the same spec and text turn into. */
export const SPEC_VERSION = 1;

const gram = z.int().min(1).max(10);
const grams = z.tuple([gram, gram]).refine(
  ([min, max]) => min <= max,
  "the first number must not be above the second",
);

/** The part of a spec that is chosen, not fitted. */
export const FeatureRecipe = z.strictObject({
  version: z.literal(SPEC_VERSION),
  /** Shortest and longest word n-gram. */
  words: grams,
  /** Shortest and longest character n-gram inside word bounds. */
  chars: grams,
  /** There are 2^hashBits buckets, shared by words and characters. */
  hashBits: z.int().min(10).max(22),
  titleRepeat: z.int().min(1).max(5),
  /** Whether character n-grams read every digit as 0. */
  charDigitsToZero: z.boolean(),
  /** Length of the block of characters against that of words, which is 1. */
  charWeight: z.number().min(0.1).max(10).default(1),
});
/** Parsed form of {@linkcode FeatureRecipe}. */
export type FeatureRecipe = z.infer<typeof FeatureRecipe>;

/** A fitted feature space. */
export interface FeatureSpec extends FeatureRecipe {
  /** Texts that the inverse document frequencies were counted on. */
  readonly documents: number;
  /** Inverse document frequency by bucket, [2^hashBits]; never seen buckets have the largest. */
  readonly idf: Float32Array;
}

/** The chosen part of `spec` alone. */
export function recipeOf(spec: FeatureRecipe): FeatureRecipe {
  const { version, words, chars, hashBits, titleRepeat, charDigitsToZero, charWeight } = spec;
  return { version, words, chars, hashBits, titleRepeat, charDigitsToZero, charWeight };
}

/** Whether the same text falls into the same buckets under both. */
export function sameHashing(a: FeatureRecipe, b: FeatureRecipe): boolean {
  return canonicalJson(recipeOf(a)) === canonicalJson(recipeOf(b));
}

const Header = FeatureRecipe.extend({
  documents: z.int().min(0).max(0xffffffff),
  distinct: z.int().min(1).max(1 << 22),
  codes: z.int().min(0).max(1 << 27),
});

const MAGIC = 0x31465341; // "ASF1", little-endian
const MAX_HEADER_BYTES = 4096;

/**
 * Bytes of `spec`, equal for equal specs.
 *
 * Layout: u32 magic, u32 header length, header JSON, f32 dictionary of the distinct idf values from large to
 * small, then by bucket the number of its value as LEB128; a 0 (the largest value: unseen buckets) is followed
 * by how many more zeros come. All little-endian. Typical: 1 to 2 bytes a used bucket.
 */
export function specToBytes(spec: FeatureSpec): Uint8Array<ArrayBuffer> {
  const dictionary = Float32Array.from(new Set(spec.idf)).sort().reverse();
  const codeOf = new Map(Array.from(dictionary, (value, i) => [value, i]));
  const codes = writeCodes(Uint32Array.from(spec.idf, (value) => codeOf.get(value)!));
  const header = new TextEncoder().encode(canonicalJson({
    ...recipeOf(spec),
    // Left out where it is 1: bytes of bundles from before there was another stay what they are
    charWeight: spec.charWeight === 1 ? undefined : spec.charWeight,
    documents: spec.documents,
    distinct: dictionary.length,
    codes: codes.length,
  }));
  const bytes = new Uint8Array(8 + header.length + dictionary.length * 4 + codes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, header.length, true);
  bytes.set(header, 8);
  let at = 8 + header.length;
  for (const value of dictionary) {
    view.setFloat32(at, value, true);
    at += 4;
  }
  bytes.set(codes, at);
  return bytes;
}

/**
 * The spec in `bytes`.
 *
 * @throws {AppError} `bundle-invalid` for anything that {@linkcode specToBytes} cannot have written
 */
export function specFromBytes(bytes: Uint8Array): FeatureSpec {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || view.getUint32(0, true) !== MAGIC) refuse("it does not begin with ASF1");
  const headerBytes = view.getUint32(4, true);
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > bytes.length) {
    refuse(`its header cannot have ${headerBytes} bytes`);
  }
  const header = readHeader(bytes.subarray(8, 8 + headerBytes));
  const codesAt = 8 + headerBytes + header.distinct * 4;
  if (codesAt + header.codes !== bytes.length) {
    refuse(`it has ${bytes.length} bytes where its header says ${codesAt + header.codes}`);
  }
  const dictionary = new Float32Array(header.distinct);
  for (let i = 0; i < dictionary.length; i++) {
    const value = view.getFloat32(8 + headerBytes + i * 4, true);
    const ordered = i === 0 || value < dictionary[i - 1]!;
    if (!(value >= 0 && value < 64 && ordered)) refuse(`idf value ${i} is ${value}`);
    dictionary[i] = value;
  }
  const { distinct: _distinct, codes: _codes, documents, ...recipe } = header;
  const idf = readCodes(bytes.subarray(codesAt), dictionary, 1 << recipe.hashBits);
  return { ...recipe, documents, idf };
}

function refuse(why: string): never {
  throw new AppError("bundle-invalid", `Cannot read the feature spec: ${why}`);
}

function readHeader(bytes: Uint8Array): z.infer<typeof Header> {
  try {
    return Header.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (error) {
    throw new AppError(
      "bundle-invalid",
      `Cannot read the feature spec's header: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

function writeCodes(codes: Uint32Array): Uint8Array {
  const out: number[] = [];
  const varint = (value: number) => {
    for (; value > 0x7f; value >>>= 7) out.push((value & 0x7f) | 0x80);
    out.push(value);
  };
  for (let i = 0; i < codes.length; i++) {
    varint(codes[i]!);
    if (codes[i] !== 0) continue;
    const first = i;
    while (codes[i + 1] === 0) i++;
    varint(i - first);
  }
  return Uint8Array.from(out);
}

function readCodes(bytes: Uint8Array, dictionary: Float32Array, buckets: number): Float32Array {
  const idf = new Float32Array(buckets);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) refuse("its codes end too early");
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    refuse("a code has more than 4 bytes");
  };
  let filled = 0;
  while (filled < buckets) {
    const code = varint();
    const value = dictionary[code];
    if (value === undefined) refuse(`code ${code} has no value`);
    const run = code === 0 ? 1 + varint() : 1;
    if (filled + run > buckets) refuse("its codes fill more buckets than there are");
    idf.fill(value, filled, filled + run);
    filled += run;
  }
  if (at !== bytes.length) refuse("bytes are left over after its codes");
  return idf;
}
