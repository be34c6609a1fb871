/**
 * Features of pictures as they are kept: chunks of some hundred pictures each, and a list of chunks.
 *
 * A chunk never changes, so that a training on more pictures adds chunks and shares the others. Half precision is
 * enough: features are sums of many positive numbers, and what is fitted on them is coarser than 1 in 2,000.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** What one kind of features is: two of the same kind may lie side by side. */
export interface FeatureKind {
  /** Id of the encoder (over its weights and its recipe). */
  readonly encoder: string;
  /** Numbers of the embedding, and of the hand-made features behind it. */
  readonly embedding: number;
  readonly handmade: number;
}

/** Features of some pictures: row r of `values` belongs to `digests[r]`. */
export interface FeatureChunk {
  /** SHA-256 of picture files, hex. */
  readonly digests: readonly string[];
  /** [digests.length, embedding + handmade] */
  readonly values: Float16Array<ArrayBuffer>;
}

/** Where the features of a set of pictures lie. */
export interface FeatureList extends FeatureKind {
  readonly version: 1;
  /** Digests of chunks; of a picture in two of them the first counts. */
  readonly chunks: readonly string[];
  /** Pictures of the set that could not be decoded, sorted by digest. */
  readonly undecodable: readonly { readonly digest: string; readonly problem: string }[];
}

/** Features of pictures in memory. */
export interface PictureFeatures {
  readonly encoder: string;
  /** Numbers of a picture: those of the embedding, then the hand-made ones. */
  readonly dims: number;
  readonly embedding: number;
  readonly handmade: number;
  /** Digest of a picture to its row; a picture that is not in it has no features. */
  readonly rowOf: ReadonlyMap<string, number>;
  /** [pictures, dims], in memory that Workers can share */
  readonly values: Float16Array;
}

const MAGIC = 0x41_46_43_31; // "AFC1"
const HEAD_BYTES = 16, DIGEST_BYTES = 32;

/** Bytes of a chunk: magic, count and numbers a picture, the digests, the values (little endian). */
export function writeFeatureChunk({ digests, values }: FeatureChunk): Uint8Array<ArrayBuffer> {
  const head = HEAD_BYTES + DIGEST_BYTES * digests.length;
  const bytes = new Uint8Array(head + values.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, digests.length, true);
  view.setUint32(8, values.length / Math.max(1, digests.length), true);
  digests.forEach((digest, i) => bytes.set(fromHex(digest), HEAD_BYTES + DIGEST_BYTES * i));
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), head);
  return bytes;
}

/**
 * Reads what {@linkcode writeFeatureChunk} wrote.
 *
 * @throws {AppError} `data-invalid` where it is damaged
 */
export function readFeatureChunk(bytes: Uint8Array<ArrayBuffer>): FeatureChunk & { dims: number } {
  const damaged = () => new AppError("data-invalid", "Cannot read features: a chunk is damaged");
  if (bytes.length < HEAD_BYTES) throw damaged();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(4, true), dims = view.getUint32(8, true);
  const head = HEAD_BYTES + DIGEST_BYTES * count;
  if (view.getUint32(0) !== MAGIC || bytes.length !== head + 2 * count * dims) throw damaged();
  const digests = digestsIn(bytes, HEAD_BYTES, count);
  const values = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return {
    digests,
    dims,
    values: new Float16Array(values.buffer, values.byteOffset + head, count * dims),
  };
}

/** Ranges of blobs, out of a blob store. */
export interface FeatureRanges {
  open(
    digest: string,
    range: { readonly start: number; readonly end: number },
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/**
 * Which pictures a chunk holds, without reading their values: they are a hundredth of it.
 *
 * @throws {AppError} `data-invalid` where it is damaged
 */
export async function readChunkDigests(blobs: FeatureRanges, chunk: string): Promise<string[]> {
  const read = async (start: number, end: number) =>
    await new Response(await blobs.open(chunk, { start, end })).bytes();
  const head = await read(0, HEAD_BYTES), view = new DataView(head.buffer);
  const damaged = () => new AppError("data-invalid", "Cannot read features: a chunk is damaged");
  if (head.length < HEAD_BYTES || view.getUint32(0) !== MAGIC) throw damaged();
  const count = view.getUint32(4, true);
  const digests = await read(HEAD_BYTES, HEAD_BYTES + DIGEST_BYTES * count);
  if (digests.length < DIGEST_BYTES * count) throw damaged();
  return digestsIn(digests, 0, count);
}

/**
 * Reads the features of `wanted` pictures (all by default); of the others nothing stays in memory.
 *
 * @param list digest of a {@linkcode FeatureList}
 */
export async function readPictureFeatures(
  blobs: FeatureRanges & { bytes(digest: string): Promise<Uint8Array<ArrayBuffer>> },
  list: string,
  wanted?: ReadonlySet<string>,
): Promise<PictureFeatures> {
  const { encoder, embedding, handmade, chunks } = readFeatureList(await blobs.bytes(list));
  const dims = embedding + handmade;
  const rowOf = new Map<string, number>();
  const chunkRows: number[][] = [];
  const chunkOf = async (digest: string) => {
    const chunk = readFeatureChunk(await blobs.bytes(digest));
    if (chunk.dims === dims) return chunk;
    throw new AppError("data-invalid", "Cannot read features: a chunk is of another kind");
  };
  // Digests first, so that nothing is in memory twice: of 85,000 pictures features have 290 MB
  for (const digest of chunks) {
    const rows: number[] = [];
    (await readChunkDigests(blobs, digest)).forEach((picture, i) => {
      if (rowOf.has(picture) || (wanted !== undefined && !wanted.has(picture))) return;
      rowOf.set(picture, rowOf.size);
      rows.push(i);
    });
    chunkRows.push(rows);
  }
  const values = new Float16Array(new SharedArrayBuffer(rowOf.size * dims * 2));
  let at = 0;
  for (const [c, digest] of chunks.entries()) {
    if (chunkRows[c]!.length === 0) continue;
    const chunk = await chunkOf(digest);
    for (const i of chunkRows[c]!) {
      values.set(chunk.values.subarray(i * dims, (i + 1) * dims), at);
      at += dims;
    }
  }
  return { encoder, embedding, handmade, dims, rowOf, values };
}

/** Parses the bytes of a {@linkcode FeatureList}. */
function readFeatureList(bytes: Uint8Array): FeatureList {
  const list = JSON.parse(new TextDecoder().decode(bytes)) as FeatureList;
  if (list.version === 1) return list;
  throw new AppError("data-invalid", `Cannot read features of version ${list.version}`);
}

function digestsIn(bytes: Uint8Array, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const at = from + DIGEST_BYTES * i;
    return toHex(bytes.subarray(at, at + DIGEST_BYTES));
  });
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(
    { length: DIGEST_BYTES },
    (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

function toHex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
