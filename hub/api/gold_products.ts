/**
 * What a bundle said of each gold product: the guesses that its evaluation kept, joined with the products' own texts.
 *
 * @module
 */
import { storedEvaluation, storedVerdict } from "../cards/stored.ts";
import type { ProductRow } from "../data/row.ts";
import { readRows } from "../data/version.ts";
import type { Evaluation } from "../evaluation/evaluation.ts";
import type { Verdict } from "../evaluation/verdict.ts";
import type { ModelEvaluation } from "../registry/models.ts";
import type { BlobsPort, HubDeps } from "./ports.ts";
import { Remembered } from "./remembered.ts";

/** One gold product with its guess; texts and picture are null where the gold rows are no longer here. */
export interface GoldProduct {
  readonly id: string;
  /** The true code. */
  readonly code: string;
  readonly predicted: string;
  readonly confidence: number;
  readonly designation: string | null;
  readonly description: string | null;
  /** Digest of the picture; null where there is none. */
  readonly picture: string | null;
}

/** Which gold products. */
export interface GoldQuery {
  /** True code. */
  readonly code?: string | undefined;
  /** Guess. */
  readonly predicted?: string | undefined;
  /** Only those that were guessed wrong (true) or right (false). */
  readonly wrong?: boolean | undefined;
  readonly limit?: number | undefined;
  /** Products before the page. */
  readonly offset?: number | undefined;
}

/** A page of gold products, the surest guesses first. */
export interface GoldPage {
  readonly items: readonly GoldProduct[];
  /** Products that the query finds, on all pages. */
  readonly total: number;
}

/** Products of a page that does not say how many. */
const PAGE = 50;
/** Evaluations and gold sets kept; those of 8,500 products take some 15 MB together. */
const KEPT = 3;

interface Shelf {
  readonly evaluations: Remembered<Evaluation | null>;
  readonly rows: Remembered<ReadonlyMap<string, ProductRow>>;
}
const shelves = new WeakMap<BlobsPort, Shelf>();

function shelfOf(blobs: BlobsPort): Shelf {
  let shelf = shelves.get(blobs);
  if (shelf === undefined) {
    shelves.set(
      blobs,
      shelf = { evaluations: new Remembered(KEPT), rows: new Remembered(KEPT) },
    );
  }
  return shelf;
}

/** The evaluation in full; null where its blob is gone or written by another version. */
export async function fullEvaluation(hub: HubDeps, blob: string): Promise<Evaluation | null> {
  return await shelfOf(hub.blobs).evaluations.get(
    blob,
    async () => storedEvaluation(await jsonOf(hub, blob)),
  );
}

/** The verdict in full; null as above. */
export async function fullVerdict(hub: HubDeps, blob: string): Promise<Verdict | null> {
  return storedVerdict(await jsonOf(hub, blob));
}

/** Gold products of `evaluated` that `query` finds; null where the evaluation cannot be read any more. */
export async function goldProducts(
  hub: HubDeps,
  evaluated: Pick<ModelEvaluation, "blob" | "goldDigest">,
  query: GoldQuery = {},
): Promise<GoldPage | null> {
  const evaluation = await fullEvaluation(hub, evaluated.blob);
  if (evaluation === null) return null;
  const found = evaluation.predictions.filter(({ code, predicted }) =>
    (query.code === undefined || code === query.code) &&
    (query.predicted === undefined || predicted === query.predicted) &&
    (query.wrong === undefined || query.wrong === (code !== predicted))
  ).sort((a, b) => b.confidence - a.confidence || (a.id < b.id ? -1 : 1));
  const { offset = 0, limit = PAGE } = query;
  const rows = await goldRows(hub, evaluated.goldDigest);
  return {
    total: found.length,
    items: found.slice(offset, offset + limit).map(({ id, code, predicted, confidence }) => {
      const row = rows.get(id);
      return {
        id,
        code,
        predicted,
        confidence,
        designation: row?.designation ?? null,
        description: row?.description ?? null,
        picture: row === undefined || row.picture === "" ? null : row.picture,
      };
    }),
  };
}

async function goldRows(hub: HubDeps, blob: string): Promise<ReadonlyMap<string, ProductRow>> {
  return await shelfOf(hub.blobs).rows.get(blob, async () => {
    const rows = new Map<string, ProductRow>();
    if (!await hub.blobs.has(blob)) return rows;
    for await (const row of readRows(await hub.blobs.open(blob))) rows.set(row.id, row);
    return rows;
  });
}

/** The JSON of a blob; null where there is none, or no JSON. */
async function jsonOf({ blobs }: HubDeps, digest: string): Promise<unknown> {
  if (!await blobs.has(digest)) return null;
  const text = await new Response(await blobs.open(digest)).text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
