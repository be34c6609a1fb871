/**
 * Trains challengers without the sources that weigh most in a retrain's new feedback, and scores them on the same gold
 * rows: what the gate's rule `one-source` looks at.
 *
 * Also says which gold rows may judge at all: those of untrusted and blocked sources do not.
 *
 * @module
 */
import { contentHash, type ProductRow } from "../data/row.ts";
import { readRows, writeRows } from "../data/version.ts";
import { REVIEW_EDGE, sourceKey, type Trust } from "../registry/feedback_policy.ts";
import type { DatasetHead, PipelineContext } from "./datasets.ts";
import { Learner } from "./learner.ts";
import { edgeOf, heavySources, withoutSources } from "./source_shares.ts";
import type { EvaluateInput, EvaluateOutput, LeftOutInput, SplitOutput } from "./stage_values.ts";

/** How each source is believed. */
export type TrustOf = (key: string) => Trust;

/** How far the sources of a catalogue are believed, by key. */
export async function trustOf(
  { registry, params, catalogue }: Pick<PipelineContext, "registry" | "params" | "catalogue">,
): Promise<TrustOf> {
  const judged = await registry.sources.judged(catalogue);
  const said = new Map(judged.map((source) => [sourceKey(source), source.trust]));
  return (key) =>
    said.get(key) ?? (edgeOf(key) === REVIEW_EDGE ? "trusted" : params.sources.defaultTrust);
}

/**
 * The gold rows that may judge; the very same blob where all may.
 *
 * Gold is frozen, trust is not: what a source labelled never trains, and judges only while the source is believed.
 */
export async function judgingGold(
  { blobs }: Pick<PipelineContext, "blobs">,
  gold: string,
  trust: TrustOf,
): Promise<string> {
  const rows = await rowsOf(blobs, gold);
  const judging = rows.filter(({ source }) =>
    source === undefined || !["untrusted", "blocked"].includes(trust(source))
  );
  return judging.length === rows.length ? gold : (await blobs.put(writeRows(judging))).digest;
}

/** What a candidate and the one before it were trained on and are judged by. */
export interface LeaveOutCase {
  readonly dataset: DatasetHead;
  readonly split: SplitOutput;
  /** The bundle whose weights the candidate started from. */
  readonly warm: string | null;
  /** Train rows of the bundle that the candidate would replace. */
  readonly trainedBefore: string;
  /** What both are evaluated with. */
  readonly evaluate: EvaluateInput;
}

/** The heavy sources, each with a challenger's evaluation; none where no source weighs much. */
export async function leaveSourcesOut(
  context: PipelineContext,
  trust: TrustOf,
  { dataset, split, warm, trainedBefore, evaluate }: LeaveOutCase,
): Promise<LeftOutInput[]> {
  const { blobs, params, runner } = context;
  if (params.sources.leaveOut === 0) return [];
  const train = await rowsOf(blobs, split.sets.train.blob);
  const said = train.filter(({ source }) => source !== undefined);
  if (said.length === 0) return [];
  const wanted = new Set(said.map(({ id }) => id));
  const before = new Map<string, ProductRow>();
  for await (const row of readRows(await blobs.open(trainedBefore))) {
    if (wanted.has(row.id)) before.set(row.id, row);
  }
  const isNew = (row: ProductRow) => {
    const was = before.get(row.id);
    return was === undefined || contentHash(was) !== contentHash(row);
  };
  const heavy = heavySources(
    said.filter(isNew),
    (key) => trust(key) === "trusted",
    params.sources,
  );
  if (heavy.length === 0) return [];
  const gold = await rowsOf(blobs, evaluate.gold);
  const aside = { ...context, runner: runner.aside() };
  const found: LeftOutInput[] = [];
  for (const { name, keys, rows, share, sole } of heavy) {
    const left = new Set(keys);
    const ownGold = gold.filter(({ source }) => source !== undefined && left.has(source))
      .map(({ id }) => id).sort();
    const one = { name, rows, share, ownGold, keepGain: params.sources.keepGain };
    if (sole) {
      found.push({ ...one, evaluation: null });
      continue;
    }
    context.recorder.observe({
      type: "log",
      stage: "train",
      message: `training once more without ${name} (${rows} new rows, ${
        Math.round(share * 100)
      } % of them)`,
    });
    const rest = withoutSources(train, isNew, left, before);
    const { digest: blob } = await blobs.put(writeRows(rest));
    const sets = { ...split.sets, train: { ...split.sets.train, blob, rows: rest.length } };
    const bundle = await new Learner(aside).learnAside(dataset, { ...split, sets }, warm);
    const input: EvaluateInput = {
      ...evaluate,
      candidate: bundle,
      train: blob,
      baseline: null,
      baselineTrain: null,
    };
    const { candidate } = await aside.runner.run<EvaluateOutput>("evaluate", input);
    found.push({ ...one, evaluation: candidate.evaluation });
  }
  return found;
}

async function rowsOf(blobs: PipelineContext["blobs"], digest: string): Promise<ProductRow[]> {
  return await Array.fromAsync(readRows(await blobs.open(digest)));
}
