/**
 * What is known of the features of pictures: an append-only file for each kind of features that names chunks (blobs)
 * and the pictures that could not be decoded.
 *
 * A line is written when its chunk is on the disk, so that a killed process loses the chunk it was at and nothing
 * else. Several processes may append to one file; a line that was cut short is passed over.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import { HANDMADE } from "@aisle/shared/images";
import {
  type FeatureChunk,
  type FeatureKind,
  type FeatureRanges,
  readChunkDigests,
  writeFeatureChunk,
} from "../data/picture_features.ts";

/** What is asked of a blob store. */
export interface FeatureBlobs extends FeatureRanges {
  put(bytes: Uint8Array): Promise<{ readonly digest: string }>;
  has(digest: string): Promise<boolean>;
}

/** One line of the file. */
type Line =
  | { readonly chunk: string }
  | { readonly undecodable: string; readonly problem: string };

/** Raised whenever features of the same encoder come out otherwise. */
const VERSION = 1;

/** See the module's note. */
export class FeatureCache {
  readonly #file: string;
  readonly #blobs: FeatureBlobs;
  /** Digest of a picture to the chunk that has its features. */
  readonly #chunkOf = new Map<string, string>();
  readonly #undecodable = new Map<string, string>();

  private constructor(file: string, blobs: FeatureBlobs) {
    this.#file = file;
    this.#blobs = blobs;
  }

  /** Opens the cache of `kind` in `folder`, which is made when absent. */
  static async open(folder: string, kind: FeatureKind, blobs: FeatureBlobs): Promise<FeatureCache> {
    await Deno.mkdir(folder, { recursive: true });
    const { encoder, embedding, handmade } = kind;
    const behind = handmade === 0 ? "" : `${HANDMADE.version} ${handmade}`;
    const name = sha256(`${VERSION} ${encoder} ${embedding} ${behind}`);
    const cache = new FeatureCache(`${folder}/${name}.jsonl`, blobs);
    await cache.#read();
    return cache;
  }

  /** Whether nothing has to be done for a picture. */
  has(digest: string): boolean {
    return this.#chunkOf.has(digest) || this.#undecodable.has(digest);
  }

  /** Chunks that hold features of `digests`, and those of them that cannot be decoded. */
  lookUp(digests: Iterable<string>): {
    readonly chunks: string[];
    readonly undecodable: { readonly digest: string; readonly problem: string }[];
  } {
    const chunks = new Set<string>();
    const undecodable: { digest: string; problem: string }[] = [];
    for (const digest of [...digests].sort()) {
      const chunk = this.#chunkOf.get(digest), problem = this.#undecodable.get(digest);
      if (chunk !== undefined) chunks.add(chunk);
      else if (problem !== undefined) undecodable.push({ digest, problem });
    }
    return { chunks: [...chunks].sort(), undecodable };
  }

  /** Keeps a chunk. */
  async addChunk(chunk: FeatureChunk): Promise<void> {
    const { digest } = await this.#blobs.put(writeFeatureChunk(chunk));
    await this.#append({ chunk: digest });
    for (const picture of chunk.digests) this.#chunkOf.set(picture, digest);
  }

  /** Keeps that a picture cannot be decoded. */
  async addUndecodable(digest: string, problem: string): Promise<void> {
    await this.#append({ undecodable: digest, problem });
    this.#undecodable.set(digest, problem);
  }

  async #append(line: Line): Promise<void> {
    // A line feed in front as well: it ends what a killed process left half-written.
    await Deno.writeTextFile(this.#file, `\n${JSON.stringify(line)}\n`, { append: true });
  }

  async #read(): Promise<void> {
    let text: string;
    try {
      text = await Deno.readTextFile(this.#file);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    for (const line of text.split("\n").map(parseLine)) {
      if (line === null) continue;
      if ("undecodable" in line) this.#undecodable.set(line.undecodable, line.problem);
      // A chunk that was cleared away is made again.
      else if (await this.#blobs.has(line.chunk)) {
        for (const digest of await readChunkDigests(this.#blobs, line.chunk)) {
          if (!this.#chunkOf.has(digest)) this.#chunkOf.set(digest, line.chunk);
        }
      }
    }
  }
}

function parseLine(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null; // empty, or cut short
  }
}
