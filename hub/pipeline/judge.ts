/**
 * The last part of a pipeline: evaluate the packed bundle, let the gate decide, promote.
 *
 * @module
 */
import { type DatasetHead, labelMergesOf, type PipelineContext } from "./datasets.ts";
import type { Learned, ModelRecord } from "./learner.ts";
import { judgingGold, leaveSourcesOut, trustOf } from "./leave_sources_out.ts";
import { Releaser, type ReleaseSigner } from "./releases.ts";
import type {
  EvaluateInput,
  EvaluateOutput,
  GateInput,
  GateOutput,
  SplitOutput,
} from "./stage_values.ts";

/** What the gate decided of a bundle. */
export interface Judged {
  readonly metrics: Readonly<Record<string, number>>;
  readonly verdict: {
    readonly digest: string;
    readonly accept: boolean;
    readonly failed: readonly string[];
  };
}

/** Judges and promotes. */
export class Judge {
  readonly #context: PipelineContext & { readonly signer: ReleaseSigner };
  constructor(context: PipelineContext & { readonly signer: ReleaseSigner }) {
    this.#context = context;
  }

  /**
   * Scores the bundle and the one it would replace on the same gold rows, and decides.
   *
   * @param dataset the data version that `split` parts
   */
  async judge(
    learned: Learned,
    split: SplitOutput,
    dataset: DatasetHead,
  ): Promise<Judged> {
    const { registry, runner, recorder, catalogue } = this.#context;
    const baseline = await this.#baseline(learned.bundle);
    const trust = await trustOf(this.#context);
    const gold = await judgingGold(this.#context, split.sets.gold.blob, trust);
    const labels = await registry.labels.list(catalogue);
    const evaluateInput: EvaluateInput = {
      candidate: learned.bundle,
      baseline,
      gold,
      train: split.sets.train.blob,
      baselineTrain: baseline === null ? null : await this.#trainedOn(baseline),
      rows: dataset.blob,
      images: dataset.images,
      labelMerges: labelMergesOf(labels),
    };
    const evaluated = await runner.run<EvaluateOutput>("evaluate", evaluateInput);
    const { baselineTrain } = evaluateInput;
    const leftOut = baselineTrain === null ? [] : await leaveSourcesOut(this.#context, trust, {
      dataset,
      split,
      warm: learned.warm,
      trainedBefore: baselineTrain,
      evaluate: evaluateInput,
    });
    const gateInput: GateInput = {
      candidate: evaluated.candidate.evaluation,
      baseline: evaluated.baseline?.evaluation ?? null,
      title: `${catalogue} ${learned.bundle.slice(0, 12)}`,
      names: Object.fromEntries(labels.labels.map(({ code, name }) => [code, name])),
      ...(leftOut.length === 0 ? {} : { leftOut }),
    };
    const decided = await runner.run<GateOutput>("gate", gateInput);

    await registry.models.addEvaluation({
      catalogue,
      bundle: learned.bundle,
      goldDigest: gold,
      metrics: evaluated.candidate.metrics,
      blob: evaluated.candidate.evaluation,
      htmlBlob: decided.html,
    });
    await registry.models.addVerdict({
      digest: decided.verdict,
      catalogue,
      bundle: learned.bundle,
      against: baseline,
      accept: decided.accept,
      blob: decided.verdict,
      htmlBlob: decided.html,
      runId: recorder.runId,
    });
    const { metrics } = evaluated.candidate;
    await recorder.metrics(metrics, "gold");
    // The figure that runs are compared by, under the name that people and MLflow's clients search.
    const { weightedF1 } = metrics;
    if (weightedF1 !== undefined) await recorder.metrics({ f1_weighted: weightedF1 });
    await recorder.artifact("report.html", decided.html, "text/html");
    await recorder.artifact("evaluation.json", evaluated.candidate.evaluation, "application/json");
    await recorder.artifact("verdict.json", decided.verdict, "application/json");
    await this.#tellOfOneSource(decided, learned.bundle);
    const failed = decided.rules.filter((rule) => !rule.ok && rule.severity !== "warning")
      .map((rule) => rule.message);
    return {
      metrics: evaluated.candidate.metrics,
      verdict: { digest: decided.verdict, accept: decided.accept, failed },
    };
  }

  /**
   * Makes an accepted bundle the champion and a refused one the challenger, once for each verdict: a champion that
   * was rolled back does not return because somebody asks again.
   */
  async promote(bundle: string, judged: Judged): Promise<boolean> {
    const { registry, recorder, catalogue, by, signer } = this.#context;
    const { aliases, stageCache } = registry;
    const key = `promote ${catalogue} ${bundle} ${judged.verdict.digest}`;
    const state = await aliases.get(catalogue);
    if (await stageCache.get(key) !== null || state.champion === bundle) {
      recorder.observe({ type: "stage", stage: "promote", state: "unchanged" });
      return state.champion === bundle;
    }
    await recorder.startIfNew();
    recorder.observe({ type: "stage", stage: "promote", state: "running" });
    if (judged.verdict.accept) {
      const why = state.champion === null ? "first champion" : "accepted by the gate";
      await new Releaser(registry, signer).promote({
        catalogue,
        digest: bundle,
        by,
        why,
        expectedRevision: state.revision,
      });
    } else {
      const why = `refused by the gate: ${judged.verdict.failed.join("; ")}`;
      await aliases.setChallenger({ catalogue, digest: bundle, by, why });
    }
    await stageCache.put(key, "promote", { accept: judged.verdict.accept });
    const summary = judged.verdict.accept ? "champion" : "refused";
    recorder.observe({ type: "stage", stage: "promote", state: "done", summary });
    return judged.verdict.accept;
  }

  /** A retrain that one source decides waits for a person; the next one that none does ends the alert. */
  async #tellOfOneSource({ rules, verdict }: GateOutput, bundle: string): Promise<void> {
    const { registry, catalogue } = this.#context;
    const found = rules.find(({ id, ok }) => id === "one-source" && !ok);
    if (found === undefined) {
      await registry.alerts.clear(catalogue, "one-source");
      return;
    }
    await registry.alerts.raise({
      catalogue,
      key: "one-source",
      kind: "one-source",
      severity: "warning",
      message: `A retrain was stopped: ${found.message}`,
      details: { bundle, verdict },
    });
  }

  /** The rows that a bundle was trained on, where they are still kept. */
  async #trainedOn(bundle: string): Promise<string | null> {
    const { registry, blobs, catalogue } = this.#context;
    const model = await registry.models.get(bundle, { catalogue });
    const train = (model?.manifest as { record?: ModelRecord } | undefined)?.record?.train;
    return train !== undefined && await blobs.has(train) ? train : null;
  }

  /** What the bundle is judged against: the champion, or for the champion itself the one that it replaced. */
  async #baseline(bundle: string): Promise<string | null> {
    const { registry, catalogue } = this.#context;
    const { champion } = await registry.aliases.get(catalogue);
    if (champion !== bundle) return champion;
    return (await registry.models.verdicts(bundle, { catalogue }))[0]?.against ?? null;
  }
}
