/**
 * The learning half of a pipeline: features, train, export; and the bundle in the registry.
 *
 * @module
 */
import type { DatasetHead, PipelineContext } from "./datasets.ts";
import { encodeTrainPictures } from "./picture_features.ts";
import { encodeTrainSentences } from "./sentence_features.ts";
import type {
  ExportInput,
  ExportOutput,
  FeaturesOutput,
  LabelErrorsOutput,
  SplitOutput,
  TrainStageInput,
  TrainStageOutput,
} from "./stage_values.ts";

/** A packed bundle and what out-of-fold scores said of it. */
export interface Learned {
  readonly bundle: string;
  readonly sizeBytes: number;
  readonly oof: Readonly<Record<string, number>>;
  readonly labelErrors: LabelErrorsOutput;
  /** The bundle whose weights its training started from; null for a cold start. */
  readonly warm: string | null;
}

/** What the registry keeps of a bundle beside its manifest. */
export interface ModelRecord {
  readonly warm: string | null;
  readonly train: string;
  readonly params: string;
  readonly code: string;
}

/** Where training starts: cold, at the champion's weights, or at those of a bundle. */
type WarmStart = null | "champion" | { readonly bundle: string | null };

/** Makes bundles. */
export class Learner {
  readonly #context: PipelineContext;
  constructor(context: PipelineContext) {
    this.#context = context;
  }

  /** Out-of-fold figures that the params come to on the train set; packs nothing. */
  async score(dataset: DatasetHead, split: SplitOutput): Promise<Readonly<Record<string, number>>> {
    return (await this.#train(dataset, split, null)).trained.metrics;
  }

  /** Trains on the train set alone and packs the bundle. */
  async learn(dataset: DatasetHead, split: SplitOutput, warm: boolean): Promise<Learned> {
    const { registry, recorder, catalogue } = this.#context;
    const start = warm ? "champion" : null;
    const { trained, device, record, packed } = await this.#pack(dataset, split, start);
    const { labelErrors } = trained;
    await recorder.artifact("label-errors.csv", labelErrors.csv, "text/csv");
    await recorder.artifact("label-errors.html", labelErrors.html, "text/html");
    if (trained.fusionReport !== null) {
      await recorder.artifact("fusion.json", trained.fusionReport, "application/json");
    }
    await recorder.bundle(packed.bundle, { codeVersion: record.code, device });
    const known = await registry.models.get(packed.bundle, { catalogue });
    if (known === null) {
      await registry.models.add({
        digest: packed.bundle,
        catalogue,
        runId: recorder.runId,
        dataset: dataset.dataset,
        sizeBytes: packed.sizeBytes,
        manifest: { ...packed.manifest as Record<string, unknown>, record },
      });
    }
    const { bundle, sizeBytes } = packed;
    return { bundle, sizeBytes, oof: trained.metrics, labelErrors, warm: record.warm };
  }

  /** Trains and packs a bundle that only helps to judge another: nothing is written down of it. */
  async learnAside(
    dataset: DatasetHead,
    split: SplitOutput,
    warm: string | null,
  ): Promise<string> {
    return (await this.#pack(dataset, split, { bundle: warm })).packed.bundle;
  }

  async #pack(dataset: DatasetHead, split: SplitOutput, start: WarmStart) {
    const { trained, pictures, encoder, record } = await this.#train(dataset, split, start);
    const { params, code } = record;
    // Linear models are fitted on the CPU; an encoder that learns may have had another device.
    const device = pictures?.device?.device ?? "cpu";
    const exportInput: ExportInput = {
      model: trained.model,
      train: split.sets.train.blob,
      images: dataset.images,
      sentences: encoder,
      fused: trained.fused === null || pictures === null
        ? null
        : { model: trained.fused, encoder: pictures.source },
      classRows: trained.classRows,
      provenance: { data: dataset.dataset, params, code, device },
    };
    const packed = await this.#context.runner.run<ExportOutput>("export", exportInput);
    return { trained, device, record, packed };
  }

  /** Runs the train stage, and before it what makes its inputs. */
  async #train(dataset: DatasetHead, split: SplitOutput, from: WarmStart) {
    const { runner, recorder } = this.#context;
    const train = split.sets.train.blob;
    const params = runner.learningParams;
    const features = await runner.run<FeaturesOutput>("features", { train });
    const pictures = await encodeTrainPictures(this.#context, dataset, {
      split,
      features,
    });
    const { encoder, sentences } = await encodeTrainSentences(this.#context, split);
    const code = await runner.codeVersion([
      "features",
      ...(pictures === null ? [] : ["pictures" as const]),
      ...(pictures?.branch ? ["encoder" as const] : []),
      ...(sentences === null ? [] : ["sentences" as const]),
      "train",
      "export",
    ]);
    const start = from === "champion"
      ? await this.#warmStart({ train, params, code })
      : from?.bundle ?? null;
    const input: TrainStageInput = {
      train,
      texts: features.texts,
      sentences,
      warm: start,
      pictures: pictures === null ? null : {
        features: pictures.features,
        encoder: pictures.encoder,
        branch: pictures.branch,
        images: dataset.images,
      },
    };
    const trained = await runner.run<TrainStageOutput>("train", input);
    if (pictures?.device) await recorder.device(pictures.device);
    const record: ModelRecord = { warm: start, train, params, code };
    return { trained, pictures, encoder, record };
  }

  /**
   * The bundle whose weights training starts from: the champion.
   *
   * Where the champion came from these very inputs its own start is taken, so that asking again changes nothing.
   */
  async #warmStart(now: Pick<ModelRecord, "train" | "params" | "code">): Promise<string | null> {
    const { registry, blobs, catalogue } = this.#context;
    const { champion } = await registry.aliases.get(catalogue);
    if (champion === null) return null;
    const model = await registry.models.get(champion, { catalogue });
    const record = (model?.manifest as { record?: ModelRecord } | undefined)?.record;
    if (record === undefined) return null;
    const same = record.train === now.train && record.params === now.params &&
      record.code === now.code;
    const start = same ? record.warm : champion;
    return start !== null && await blobs.has(start) ? start : null;
  }
}
