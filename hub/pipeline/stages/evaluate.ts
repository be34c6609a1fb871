/**
 * Stage: scores the packed bundle on the gold rows as an edge would, beside the one that it would replace.
 *
 * @module
 */
import { verify } from "@aisle/shared/bundle";
import { createPredictor, readWasmBinary } from "@aisle/shared/serving";
import { evaluateBundle, evaluatePair } from "../../evaluation/evaluate.ts";
import { type Evaluation, headlineMetrics } from "../../evaluation/evaluation.ts";
import { withMergedLabels } from "../../evaluation/merged_labels.ts";
import type { StageContext } from "../stage_context.ts";
import type { EvaluateInput, EvaluateOutput } from "../stage_values.ts";
import { collect } from "./ingest.ts";

/** Evaluates both bundles on the same rows in the same run. */
export async function evaluate(
  input: EvaluateInput,
  context: StageContext,
): Promise<EvaluateOutput> {
  const { blobs, params, emit } = context;
  const wasmBinary = await readWasmBinary();
  const open = async (digest: string) => {
    const bundle = verify(await blobs.bytes(digest), digest);
    return withMergedLabels(await createPredictor(bundle, { wasmBinary }), input.labelMerges);
  };
  const keep = async (evaluation: Evaluation) => ({
    evaluation: (await blobs.put(new TextEncoder().encode(JSON.stringify(evaluation)))).digest,
    metrics: headlineMetrics(evaluation),
  });
  const gold = await collect(blobs, input.gold);
  const options = {
    params: params.evaluate,
    clock: () => performance.now(),
    trained: await collect(blobs, input.train),
    onProgress: (done: number, total: number) =>
      emit({ type: "progress", done, total, what: "gold rows" }),
  };
  await using candidate = await open(input.candidate);
  if (input.baseline === null) {
    return {
      candidate: await keep(await evaluateBundle(candidate, gold, options)),
      baseline: null,
    };
  }
  await using champion = await open(input.baseline);
  const pair = await evaluatePair({ candidate, champion }, gold, {
    ...options,
    ...(input.baselineTrain === null
      ? {}
      : { championTrained: await collect(blobs, input.baselineTrain) }),
  });
  return { candidate: await keep(pair.candidate), baseline: await keep(pair.champion) };
}
