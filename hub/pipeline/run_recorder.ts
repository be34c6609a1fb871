/**
 * Writes a pipeline down as a tracked run, from its first stage that really runs.
 *
 * A pipeline that finds nothing changed leaves no run.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { canonicalJson } from "@aisle/shared/hash";
import type { BlobStore } from "../artifact/blob_store.ts";
import { addToLogContext } from "../log.ts";
import type { Params } from "../params.ts";
import type { Registry } from "../registry/registry.ts";
import type { MetricPoint } from "../registry/runs.ts";
import type { DeviceReport } from "../training/network/executor.ts";
import type { CodeVersions } from "./code_version.ts";
import { environmentTags, runEnvironment } from "./environment.ts";
import type { PipelineEvent } from "./pipeline_events.ts";
import { machineUsage, processUsage } from "./process_usage.ts";
import { WORKER_STAGES } from "./stage_protocol.ts";
import { UsageMonitor } from "./usage_monitor.ts";

/** Metric points are written when so many wait, and at every stage's end. */
const POINTS_PER_WRITE = 500;

/** Group of the figures that tell how long each stage took. */
const STAGE_SECONDS = "stage_seconds";

/** Where a run is written down, and the params that it ran with. */
interface RecorderDeps {
  readonly registry: Registry;
  readonly blobs: Pick<BlobStore, "size" | "put">;
  readonly params: Params;
  readonly codeVersions: CodeVersions;
  /** The process that runs the stages. */
  readonly process: { readonly pid: number | null };
  readonly nowMs: () => number;
}

/** Who runs, and who listens. */
interface RecorderCall {
  readonly catalogue: string;
  readonly kind: string;
  readonly by: string;
  readonly jobId: string | null;
  readonly emit: (event: PipelineEvent) => void;
}

/** Records one pipeline. */
export class RunRecorder {
  readonly #deps: RecorderDeps;
  readonly #registry: Registry;
  readonly #call: RecorderCall;
  readonly ran: string[] = [];
  #runId: string | null = null;
  #dataset: string | null = null;
  #points: MetricPoint[] = [];
  #writing: Promise<void> = Promise.resolve();
  #monitor: UsageMonitor | null = null;

  constructor(deps: RecorderDeps, call: RecorderCall) {
    this.#deps = deps;
    this.#registry = deps.registry;
    this.#call = call;
  }

  /** Id of the run; null while nothing had to run. */
  get runId(): string | null {
    return this.#runId;
  }

  /** Passes events on and keeps metrics. */
  readonly observe = (event: PipelineEvent): void => {
    if (event.type === "metric") {
      const { name, step, value } = event;
      this.#points.push({ name, step, value });
      if (this.#points.length >= POINTS_PER_WRITE) this.#flush();
    }
    if (event.type === "stage") {
      if (event.ms !== undefined) {
        const name = `${STAGE_SECONDS}.${event.stage}`;
        this.#points.push({ name, step: 0, value: event.ms / 1000 });
      }
      if (event.state !== "unchanged" && event.state !== "running") this.#flush();
      if (event.state === "running") this.ran.push(event.stage);
    }
    this.#call.emit(event);
  };

  /** Makes the run, with what it runs on, and follows what it uses. */
  async start(): Promise<void> {
    const { catalogue, kind, jobId, by } = this.#call;
    const { params, codeVersions, process, nowMs } = this.#deps;
    const environment = await runEnvironment({
      params,
      codeVersion: await codeVersions.of(
        WORKER_STAGES.map((stage) => `hub/pipeline/stages/${stage}.ts`),
      ),
    });
    const run = await this.#registry.runs.create({
      catalogue,
      kind,
      jobId,
      // Beside the params as they are: the n-grams that count most, by the name that people search.
      params: { ...flatten(params), "text.ngrams": params.text.chars.join("-") },
      tags: { by, ...environmentTags(environment) },
    });
    this.#runId = run.id;
    addToLogContext({ run: run.id });
    await this.#keep("environment.json", environment);
    // As a file that `AISLE_PARAMS` takes: JSON is YAML.
    await this.#keep("params.json", params);
    this.#monitor = new UsageMonitor({
      pid: () => process.pid,
      processUsage,
      machineUsage,
      nowMs,
      // Written at once, and with it what stages told meanwhile: somebody may be looking.
      tell: (points) => {
        this.#points.push(...points);
        this.#flush();
      },
    });
    if (this.#dataset !== null) {
      await this.#registry.runs.update(run.id, { datasetDigest: this.#dataset });
    }
  }

  /** Makes the run unless it is made. */
  async startIfNew(): Promise<void> {
    if (this.#runId === null) await this.start();
  }

  /** Says which data version the run works on. */
  dataset(digest: string): void {
    this.#dataset = digest;
  }

  /** Says which bundle the run made. */
  async bundle(digest: string, made: { codeVersion: string; device: string }): Promise<void> {
    if (this.#runId === null) return;
    await this.#registry.runs.update(this.#runId, {
      datasetDigest: this.#dataset,
      bundleDigest: digest,
      ...made,
    });
  }

  /** Says where a network was trained and why there: a device, its adapter and its limits, as tags. */
  async device({ device, adapter, limits, reason }: DeviceReport): Promise<void> {
    if (this.#runId === null) return;
    await this.#registry.runs.setTags(this.#runId, {
      "device.kind": device,
      "device.adapter": adapter,
      "device.limits": canonicalJson(limits),
      "device.reason": reason,
    });
  }

  /** Figures of the whole run, at step 0, their names led by `group` where there is one. */
  async metrics(figures: Readonly<Record<string, number>>, group?: string): Promise<void> {
    if (this.#runId === null) return;
    const points = Object.entries(figures).map(([name, value]) => ({
      name: group === undefined ? name : `${group}.${name}`,
      step: 0,
      value,
    }));
    await this.#registry.runs.logMetrics(this.#runId, points);
  }

  /** Names a blob that the run left. */
  async artifact(name: string, digest: string, contentType: string): Promise<void> {
    if (this.#runId === null) return;
    const sizeBytes = await this.#deps.blobs.size(digest);
    await this.#registry.runs.addArtifact(this.#runId, { name, digest, sizeBytes, contentType });
  }

  async #keep(name: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value, null, 2) + "\n";
    const { digest } = await this.#deps.blobs.put(new TextEncoder().encode(text));
    await this.artifact(name, digest, "application/json");
  }

  /** Ends the run well. */
  async finish(): Promise<void> {
    if (this.#runId === null) return;
    await this.#settle();
    await this.#registry.runs.update(this.#runId, {
      state: "succeeded",
      datasetDigest: this.#dataset,
    });
  }

  /** Ends the run as failed or cancelled, with the reason. */
  async fail(error: unknown): Promise<void> {
    if (this.#runId === null) return;
    const cancelled = error instanceof AppError && error.code === "cancelled";
    await this.#settle();
    await this.#registry.runs.update(this.#runId, {
      state: cancelled ? "cancelled" : "failed",
      error: messageOf(error),
    });
  }

  #flush(): void {
    const points = this.#points, id = this.#runId;
    if (points.length === 0 || id === null) return;
    this.#points = [];
    this.#writing = this.#writing.then(() => this.#registry.runs.logMetrics(id, points));
    // Told where it is awaited; here it must only not end the process.
    this.#writing.catch(() => {});
  }

  async #settle(): Promise<void> {
    await this.#monitor?.[Symbol.asyncDispose]();
    this.#monitor = null;
    this.#flush();
    await this.#writing;
  }
}

/** `{ text: { words: [1, 2] } }` to `{ "text.words": "1-2" }`. */
function flatten(params: Params): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(params).flatMap(([section, values]) =>
      Object.entries(values).map(([key, value]) => [
        `${section}.${key}`,
        Array.isArray(value)
          ? value.join("-")
          : typeof value === "object"
          ? canonicalJson(value)
          : value as string | number | boolean,
      ])
    ),
  );
}
