/**
 * Runs a stage once for the same inputs: its key is the hash of what it reads, its own params and its own code.
 *
 * A stage gets only its own sections of the params, so that it cannot depend on others unnoticed.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { hashJson } from "@aisle/shared/hash";
import type { BlobStore } from "../artifact/blob_store.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import type { CodeVersions } from "./code_version.ts";
import type { PipelineEvent } from "./pipeline_events.ts";
import { type StageProcess, StageProcessDied } from "./stage_process.ts";
import type { WorkerStage } from "./stage_protocol.ts";

/** Sections, or single keys, of the params that a stage reads. */
const SECTIONS: Record<WorkerStage, readonly string[]> = {
  pack: [],
  check: ["check"],
  ingest: ["check"],
  diff: [],
  merge: [],
  split: ["split"],
  pictures: ["image"],
  features: ["text"],
  encoder: ["image", "training"],
  sentences: ["text.encoderTokens"],
  train: [
    "text",
    "train",
    "fusion",
    "cascade",
    "evaluate.precisions",
    "evaluate.autoPrecision",
    "evaluate.calibrationBins",
  ],
  export: [
    "export",
    "image",
    "text.encoderTokens",
    "evaluate.precisions",
    "evaluate.autoPrecision",
  ],
  evaluate: ["evaluate"],
  gate: ["gate"],
  score: [],
  compare: [],
};
/** What shapes the bundle; its hash is the bundle's params. */
const LEARNING = [...new Set([...SECTIONS.features, ...SECTIONS.train, ...SECTIONS.export])];
/** Members of an output that name blobs. */
const BLOB_MEMBERS = new Set([
  "index",
  "report",
  "html",
  "blob",
  "setAsideBlob",
  "feedbackRows",
  "state",
  "csv",
  "texts",
  "vectors",
  "features",
  "model",
  "branch",
  "fused",
  "fusionReport",
  "bundle",
  "evaluation",
  "verdict",
]);
/** How often a stage whose process died is started again. */
const RESTARTS = 2;

/** What a {@linkcode StageRunner} works with. */
export interface StageRunnerDeps {
  readonly registry: Registry;
  readonly blobs: BlobStore;
  readonly params: Params;
  readonly codeVersions: CodeVersions;
  readonly process: StageProcess;
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly force: ReadonlySet<string>;
  readonly emit: (event: PipelineEvent) => void;
  /** Called before the first stage that really runs. */
  readonly onFirstRun: () => Promise<void>;
  readonly nowMs: () => number;
}

/** Runs stages for one pipeline. */
export class StageRunner {
  readonly #deps: StageRunnerDeps;
  #hasRun = false;

  constructor(deps: StageRunnerDeps) {
    this.#deps = deps;
  }

  /** A runner of the same stages that tells no one: what it trains is not what the run is about. */
  aside(): StageRunner {
    const other = new StageRunner({ ...this.#deps, emit: () => {} });
    other.#hasRun = this.#hasRun;
    return other;
  }

  /** Hash of the params that shape the bundle. */
  get learningParams(): string {
    return hashJson(pick(this.#deps.params, LEARNING));
  }

  /** Code version of `stages` together. */
  async codeVersion(stages: readonly WorkerStage[]): Promise<string> {
    return await this.#deps.codeVersions.of(
      stages.map((stage) => `hub/pipeline/stages/${stage}.ts`),
    );
  }

  /** The output of `stage` for `input`, from before where nothing has changed. */
  async run<Output>(stage: WorkerStage, input: unknown): Promise<Output> {
    const { registry, params, dataDir, emit, nowMs } = this.#deps;
    const own = pick(params, SECTIONS[stage]);
    const key = await this.#key(stage, input);
    const known = await this.known<Output>(stage, input);
    if (known !== null) {
      emit({ type: "stage", stage, state: "unchanged" });
      return known;
    }
    if (!this.#hasRun) await this.#deps.onFirstRun();
    this.#hasRun = true;
    emit({ type: "stage", stage, state: "running" });
    const startedMs = nowMs();
    const output = await this.#withRestarts(stage, () =>
      this.#deps.process.run({
        stage,
        input,
        params: own as unknown as Params,
        checkpointFile: `${dataDir}/checkpoints/${key}`,
        signal: this.#deps.signal,
        onEvent: (event) => emit({ ...event, stage }),
      }));
    await registry.stageCache.put(key, stage, output);
    emit({ type: "stage", stage, state: "done", ms: Math.round(nowMs() - startedMs) });
    return output as Output;
  }

  /** What `stage` made of `input` before, or null when it would have to run. */
  async known<Output>(stage: WorkerStage, input: unknown): Promise<Output | null> {
    if (this.#deps.force.has(stage)) return null;
    const cached = await this.#deps.registry.stageCache.get(await this.#key(stage, input));
    return cached !== null && await this.#complete(cached.output) ? cached.output as Output : null;
  }

  async #key(stage: WorkerStage, input: unknown): Promise<string> {
    const code = await this.codeVersion([stage]);
    return hashJson({ stage, code, input, params: pick(this.#deps.params, SECTIONS[stage]) });
  }

  async #withRestarts(stage: WorkerStage, run: () => Promise<unknown>): Promise<unknown> {
    for (let restart = 0;; restart++) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof StageProcessDied)) throw error;
        if (restart === RESTARTS) {
          throw new AppError("training-failed", `${error.message} (${RESTARTS + 1} times)`, {
            cause: error,
          });
        }
        this.#deps.emit({
          type: "log",
          stage,
          message: `${error.message}; it starts again from its checkpoint`,
        });
      }
    }
  }

  /** Whether every blob that `output` names is still there. */
  async #complete(output: unknown): Promise<boolean> {
    for (const digest of blobsIn(output)) {
      if (!(await this.#deps.blobs.has(digest))) return false;
    }
    return true;
  }
}

/** Digests of the blobs that a stage's output names. */
export function blobsIn(output: unknown): string[] {
  if (output === null || typeof output !== "object") return [];
  return Object.entries(output).flatMap(([name, value]) =>
    typeof value === "string" ? (BLOB_MEMBERS.has(name) ? [value] : []) : blobsIn(value)
  );
}

function pick(params: Params, paths: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const path of paths) {
    const [section, key] = path.split(".") as [keyof Params, string | undefined];
    if (key === undefined) picked[section] = params[section];
    else {
      const value = (params[section] as Record<string, unknown>)[key];
      picked[section] = { ...picked[section] as Record<string, unknown> | undefined, [key]: value };
    }
  }
  return picked;
}
