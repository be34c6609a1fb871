/**
 * The data half of a pipeline: check, ingest, merge and split, and what the registry remembers of each.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { BlobStore } from "../artifact/blob_store.ts";
import { defaultLabels } from "../data/labels_default.ts";
import type { Source } from "../data/source.ts";
import type { Params } from "../params.ts";
import type { Dataset } from "../registry/datasets.ts";
import { sourceKey } from "../registry/feedback_policy.ts";
import type { LabelList } from "../registry/labels.ts";
import type { Registry } from "../registry/registry.ts";
import type { RunRecorder } from "./run_recorder.ts";
import type { StageRunner } from "./stage_runner.ts";
import type {
  CheckOutput,
  DatasetOutput,
  DiffOutput,
  IngestInput,
  MergeInput,
  MergeOutput,
  SplitInput,
  SplitOutput,
} from "./stage_values.ts";
import { SETS } from "./stage_values.ts";

/** What the parts of a pipeline share. */
export interface PipelineContext {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly params: Params;
  readonly dataDir: string;
  readonly catalogue: string;
  readonly by: string;
  readonly runner: StageRunner;
  readonly recorder: RunRecorder;
}

/** What a data version's `source` member holds. */
interface SourceRecord {
  readonly source: Source | null;
  readonly feedbackRows: string | null;
  readonly setAsideBlob: string | null;
  /** Ids of the rows that differ from the parent's. */
  readonly diffBlob: string | null;
  /** What the check of the raw files found; null for a version that came of a merge. */
  readonly findings: CheckOutput["findings"] | null;
}

/** A catalogue's newest data version. */
export interface DatasetHead extends DatasetOutput {
  /** Index of the pictures that its rows name; null where it came without. */
  readonly images: string | null;
}

/** What a check of raw files found. */
export interface CheckSummary {
  /** Blobs of the report. */
  readonly html: string;
  readonly json: string;
  /** Whether nothing can be learned from the files. */
  readonly fatal: boolean;
  readonly findings: CheckOutput["findings"];
}

/** Refuses files that teach nothing. @throws {AppError} `data-invalid`, with every error found */
export function requireUsable({ fatal, findings }: CheckSummary): void {
  if (!fatal) return;
  const errors = findings.filter((f) => f.severity === "error").map((f) => f.message);
  throw new AppError(
    "data-invalid",
    `Cannot use these files: ${errors.join("; ")}. See the whole report with deno task check`,
    { details: findings },
  );
}

/** Keeps a catalogue's data versions and splits. */
export class DatasetKeeper {
  readonly #context: PipelineContext;
  /** Page of the check that the next data version came through. */
  #reportBlob: string | null = null;
  #findings: CheckOutput["findings"] | null = null;

  constructor(context: PipelineContext) {
    this.#context = context;
  }

  /** Checks the raw files; what is found is told, whatever it is. */
  async check(source: Source): Promise<CheckSummary> {
    const { runner, recorder, catalogue } = this.#context;
    const output = await runner.run<CheckOutput>("check", { source, title: catalogue });
    this.#reportBlob = output.html;
    this.#findings = output.findings;
    await recorder.artifact("data-check.html", output.html, "text/html");
    await recorder.artifact("data-check.json", output.report, "application/json");
    const { html, report: json, fatal, findings } = output;
    return { html, json, fatal, findings };
  }

  /** Makes the raw files, with what feedback said before, the catalogue's head. */
  async ingest(source: Source, unseenShare: number | undefined): Promise<void> {
    const { registry, runner, catalogue } = this.#context;
    await registry.catalogues.ensure(catalogue);
    const head = await registry.datasets.head(catalogue);
    const feedbackRows = head === null ? null : (head.source as SourceRecord).feedbackRows;
    const input: IngestInput = { source, feedbackRows };
    const output = await runner.run<DatasetOutput>("ingest", input);
    await registry.catalogues.setSettings(catalogue, {
      source,
      ...(unseenShare === undefined ? {} : { unseenShare }),
    });
    if (output.setAsideBlob !== null) {
      await this.#writeFile("set_aside.csv", output.setAsideBlob, true);
    }
    await this.#addVersion(output, head, source);
    await registry.datasets.setHead(catalogue, output.dataset);
  }

  /** Joins waiting feedback with the head; number of rows that joined. */
  async merge(): Promise<number> {
    const { registry, blobs, runner, catalogue } = this.#context;
    const pending = await registry.feedback.pending(catalogue);
    if (pending.length === 0) return 0;
    const head = await this.#head();
    const split = await this.split(await this.head(), undefined);
    const list = new TextEncoder().encode(JSON.stringify(pending));
    const feedback = (await blobs.put(list)).digest;
    const input: MergeInput = { blob: head.blob, feedback, splitState: split.state };
    const output = await runner.run<MergeOutput>("merge", input);
    await this.#addVersion(output, head, (head.source as SourceRecord).source);
    await registry.feedback.markMerged({
      catalogue,
      dataset: output.dataset,
      merged: output.merged,
      setAside: output.refused,
    });
    return output.merged.length;
  }

  /** The catalogue's newest data version. @throws {AppError} `not-found` */
  async head(): Promise<DatasetHead> {
    return this.#shown(await this.#head());
  }

  /** A data version of before. @throws {AppError} `not-found` */
  async version(digest: string): Promise<DatasetHead> {
    const { registry, catalogue } = this.#context;
    const found = await registry.datasets.get(catalogue, digest);
    if (found !== null) return this.#shown(found);
    throw new AppError(
      "not-found",
      `Cannot find data version ${digest}: the catalogue ${catalogue} has none of that digest`,
    );
  }

  /**
   * The split that a data version of before was learned from, made anew where it is not kept; nothing of now changes.
   *
   * @throws {AppError} `not-found` where none was made, or labels, shares or blocked sources part it differently by now
   */
  async splitOf(dataset: DatasetOutput): Promise<SplitOutput> {
    const { registry, runner, catalogue } = this.#context;
    const inputFrom = await this.#splitInput(dataset, undefined);
    for (const split of await registry.splits.list(catalogue)) {
      if (split.dataset !== dataset.dataset) continue;
      const output = await runner.run<SplitOutput>("split", inputFrom(split.parent));
      if (output.state === split.digest) return output;
    }
    throw new AppError(
      "not-found",
      `Cannot part data version ${dataset.dataset} as before: no split of it is known, ` +
        "or labels, the unseen share or blocked sources have changed since",
    );
  }

  #shown(head: Dataset): DatasetHead {
    const { source, feedbackRows, setAsideBlob } = head.source as SourceRecord;
    this.#context.recorder.dataset(head.digest);
    return {
      dataset: head.digest,
      blob: head.blob,
      rows: head.rows,
      classes: head.classes,
      setAside: head.setAside,
      setAsideBlob,
      setAsideReasons: {},
      feedbackRows,
      images: source?.images ?? null,
    };
  }

  /** Parts the rows into train, gold and unseen; what was assigned before stays where it is. */
  async split(dataset: DatasetOutput, unseenShare: number | undefined): Promise<SplitOutput> {
    const { registry, runner, catalogue } = this.#context;
    if (unseenShare !== undefined) {
      await registry.catalogues.setSettings(catalogue, { unseenShare });
    }
    const head = await registry.splits.head(catalogue);
    const inputFrom = await this.#splitInput(dataset, unseenShare);
    // The head was made for this very version: the same question again has the same answer.
    if (head !== null && head.dataset === dataset.dataset) {
      const input = inputFrom(head.parent);
      const known = await runner.known<SplitOutput>("split", input);
      if (known !== null && known.state === head.digest) {
        await runner.run<SplitOutput>("split", input);
        await this.#writeSets(known, false);
        return known;
      }
    }
    const output = await runner.run<SplitOutput>("split", inputFrom(head?.digest ?? null));
    await registry.splits.add({
      digest: output.state,
      catalogue,
      dataset: dataset.dataset,
      parent: head?.digest ?? null,
      counts: Object.fromEntries(SETS.map((name) => [name, output.sets[name].rows])),
    });
    await registry.catalogues.setSettings(catalogue, { split: output });
    await this.#writeSets(output, true);
    return output;
  }

  async #splitInput(dataset: DatasetOutput, unseenShare: number | undefined) {
    const { registry, catalogue } = this.#context;
    const settings = await registry.catalogues.settings(catalogue);
    const share = unseenShare ?? Number(settings["unseenShare"] ?? 0);
    const labels = await registry.labels.list(catalogue);
    const labelMerges = labelMergesOf(labels);
    const judged = await registry.sources.judged(catalogue);
    const blocked = judged.filter(({ trust }) => trust === "blocked").map(sourceKey);
    return (previous: string | null): SplitInput => ({
      blob: dataset.blob,
      previous,
      unseenShare: share,
      labelMerges,
      ...(blocked.length === 0 ? {} : { blocked }),
    });
  }

  async #head(): Promise<Dataset> {
    const { registry, catalogue } = this.#context;
    const head = await registry.datasets.head(catalogue);
    if (head !== null) return head;
    const known = (await registry.catalogues.list()).map((c) => c.name);
    throw new AppError(
      "not-found",
      `Cannot find data of the catalogue ${catalogue}: ingest files first` +
        (known.length > 0 ? `. There are: ${known.join(", ")}` : ""),
    );
  }

  async #addVersion(output: DatasetOutput, parent: Dataset | null, source: Source | null) {
    const { registry, recorder, catalogue, by } = this.#context;
    const { setAsideBlob, feedbackRows } = output;
    const known = await registry.datasets.get(catalogue, output.dataset);
    if (known !== null) return recorder.dataset(output.dataset);
    const changes = parent === null ? null : await this.#context.runner.run<DiffOutput>("diff", {
      parent: parent.blob,
      child: output.blob,
    });
    const record: SourceRecord = {
      source,
      feedbackRows,
      setAsideBlob,
      diffBlob: changes?.blob ?? null,
      findings: this.#findings,
    };
    await registry.labels.ensure(catalogue, defaultLabels(Object.keys(output.classes)), by);
    await registry.datasets.add({
      digest: output.dataset,
      catalogue,
      parent: parent?.digest ?? null,
      blob: output.blob,
      rows: output.rows,
      classes: output.classes,
      setAside: output.setAside,
      source: record,
      diff: changes === null
        ? null
        : { added: changes.added, removed: changes.removed, changed: changes.changed },
      reportBlob: this.#reportBlob,
    });
    recorder.dataset(output.dataset);
  }

  async #writeSets(output: SplitOutput, always: boolean): Promise<void> {
    for (const name of SETS) await this.#writeFile(`${name}.csv`, output.sets[name].csv, always);
  }

  /** Lays a blob beside the database for people to read; a copy, never read back. */
  async #writeFile(name: string, digest: string, always: boolean): Promise<void> {
    const { blobs, dataDir, catalogue } = this.#context;
    const folder = `${dataDir}/processed/${catalogue}`;
    const path = `${folder}/${name}`;
    if (!always && await isFile(path)) return;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeFile(`${path}.new`, await blobs.open(digest));
    await Deno.rename(`${path}.new`, path);
  }
}

/** Code to the code that it counts as by now. */
export function labelMergesOf({ labels }: LabelList): Record<string, string> {
  return Object.fromEntries(
    labels.flatMap(({ code, mergedInto }) => mergedInto === null ? [] : [[code, mergedInto]]),
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
