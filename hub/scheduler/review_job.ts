/**
 * Fills the review queue: likely label errors of the newest training, feedback that contradicts sure answers, and among
 * what edges were unsure of, where champion and challenger differ or the words are new.
 *
 * @module
 */
import type { BlobStore } from "../artifact/blob_store.ts";
import { openCsv } from "../data/csv.ts";
import type { ProductRow } from "../data/row.ts";
import type { Source } from "../data/source.ts";
import { readRows } from "../data/version.ts";
import type { PipelineDeps } from "../pipeline/pipeline.ts";
import { StageProcess } from "../pipeline/stage_process.ts";
import { StageRunner } from "../pipeline/stage_runner.ts";
import type { ComparedProduct, CompareInput, CompareOutput } from "../pipeline/stage_values.ts";
import type { NewJobEvent } from "../registry/jobs.ts";
import type { NewReviewItem, ReviewItem } from "../registry/review.ts";
import type { Registry } from "../registry/registry.ts";
import {
  contradicted,
  disagreement,
  drifted,
  labelError,
  lowMargin,
  type Why,
} from "../review/reasons.ts";

/** Rows of each kind that one job offers. */
const MAX_EACH = 500;
/** Runs that are looked through for the newest list of likely label errors. */
const RECENT_RUNS = 20;

/** Reasons that say less than this are none. */
const MIN_SCORE = 0.2;

/** What the job did. */
export interface ReviewFilled {
  readonly catalogue: string;
  /** Products that were not in the queue before. */
  readonly added: number;
  readonly labelErrors: number;
  readonly contradicted: number;
  /** Open products that were scored by the champion, and by the challenger too. */
  readonly compared: number;
}

/** Where the job runs. */
export interface ReviewCall {
  readonly catalogue: string;
  readonly registry: Registry;
  readonly signal: AbortSignal;
  readonly emit: (event: NewJobEvent) => void;
}

/** Offers what it finds to the queue. */
export async function fillReviewQueue(
  deps: PipelineDeps,
  call: ReviewCall,
): Promise<ReviewFilled> {
  const { catalogue, registry, emit } = call;
  const { review } = deps.params;
  const errors = await likelyErrors(registry, deps.blobs, catalogue);
  const surprises = await registry.quarantine.surprises(catalogue, {
    minConfidence: review.sureConfidence,
    limit: MAX_EACH,
  });
  const said = surprises.map((s): NewReviewItem => ({
    product: s.product,
    guesses: [s.predicted],
    digest: s.digest,
    reasons: [contradicted(s.code, s.predicted, s.source)],
    knownCode: s.code,
    origin: `feedback of ${s.source}`,
  }));
  const added = await registry.review.offer(catalogue, [...errors, ...said], review);
  const compared = await compareOpen(deps, call);
  const result = {
    catalogue,
    added,
    labelErrors: errors.length,
    contradicted: said.length,
    compared,
  };
  emit({ type: "log", message: `${added} products are new in the review queue` });
  return result;
}

/** Rows whose label the newest training doubts, as far as the data still says the same of them. */
async function likelyErrors(
  registry: Registry,
  blobs: BlobStore,
  catalogue: string,
): Promise<NewReviewItem[]> {
  const head = await registry.datasets.head(catalogue);
  const list = await newestList(registry, catalogue);
  if (head === null || list === null || !(await blobs.has(list.digest))) return [];
  const doubts = new Map<string, { code: string; likely: string; p: number; q: number }>();
  const { records } = await openCsv(await blobs.open(list.digest), "label-errors.csv");
  for await (const record of records) {
    if (!record.ok || doubts.size >= MAX_EACH) continue;
    const [id = "", code = "", likely = "", p = "", q = ""] = record.fields;
    doubts.set(id, { code, likely, p: Number(p), q: Number(q) });
  }
  const found: NewReviewItem[] = [];
  for await (const row of readRows(await blobs.open(head.blob))) {
    const doubt = doubts.get(row.id);
    if (doubt === undefined || doubt.code !== row.code) continue;
    const likely = { code: doubt.likely, confidence: doubt.p };
    const known = { code: doubt.code, confidence: doubt.q };
    found.push({
      product: productOf(row),
      guesses: [likely, known],
      digest: list.bundle,
      reasons: [labelError(known, likely)],
      knownCode: row.code,
      origin: `row ${row.id}`,
    });
  }
  return found;
}

async function newestList(registry: Registry, catalogue: string) {
  const { items } = await registry.runs.list({ catalogue, limit: RECENT_RUNS });
  for (const run of items) {
    const artifacts = await registry.runs.artifacts(run.id);
    const list = artifacts.find(({ name }) => name === "label-errors.csv");
    if (list !== undefined) return { digest: list.digest, bundle: run.bundleDigest };
  }
  return null;
}

/** Scores what is open by champion and challenger; how many products that were. */
async function compareOpen(deps: PipelineDeps, call: ReviewCall): Promise<number> {
  const { catalogue, registry, signal } = call;
  const { blobs, params } = deps;
  const { champion, challenger } = await registry.aliases.get(catalogue);
  if (champion === null || !(await blobs.has(champion))) return 0;
  const { items } = await registry.review.list(catalogue, { state: "open", limit: MAX_EACH });
  if (items.length === 0) return 0;
  const list = items.map(({ product }): ComparedProduct => ({
    designation: product.designation,
    description: product.description,
    picture: product.picture ?? "",
  }));
  const { digest } = await blobs.put(new TextEncoder().encode(JSON.stringify(list)));
  const settings = await registry.catalogues.settings(catalogue);
  const both = challenger !== null && challenger !== champion && await blobs.has(challenger);
  const input: CompareInput = {
    products: digest,
    bundles: both ? [champion, challenger] : [champion],
    images: (settings["source"] as Source | undefined)?.images ?? null,
  };
  await using process = new StageProcess(deps.dataDir);
  const runner = new StageRunner({
    ...deps,
    registry,
    process,
    signal,
    force: new Set(),
    emit: () => {},
    onFirstRun: () => Promise.resolve(),
  });
  const { guesses: [ours = [], theirs = []] } = await runner.run<CompareOutput>("compare", input);
  const offers = items.map((item, i): NewReviewItem => ({
    ...pickItem(item),
    reasons: [
      lowMargin(ours[i]!.top),
      disagreement(ours[i]!.top[0], theirs[i]?.top[0]),
      drifted(ours[i]!.unseen, params.review.unseenShare, null),
    ].flatMap((why): Why[] => why === null || why.score < MIN_SCORE ? [] : [why]),
  })).filter(({ reasons }) => reasons.length > 0);
  await registry.review.offer(catalogue, offers, params.review);
  return items.length;
}

function pickItem({ product, guesses, digest, origin }: ReviewItem) {
  return { product, guesses, digest, origin };
}

function productOf(row: ProductRow): NewReviewItem["product"] {
  const { designation, description, productId, imageId, picture } = row;
  return {
    designation,
    description,
    productid: productId,
    imageid: imageId,
    ...(picture === "" ? {} : { picture }),
  };
}
