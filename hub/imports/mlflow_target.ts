/**
 * Sends an MLflow database on to the hub, through the API that MLflow's own clients use.
 *
 * Each run carries the id that it had (tag `aisle.import.run`) and, once all of it is there, `aisle.import.done`: an
 * import that is run again skips what is done and goes on with what was broken off.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { MlflowFile, OldModel, OldPoint, OldRun, Pair } from "./mlflow_file.ts";

/** Tags of imported runs. */
export const RUN_TAG = "aisle.import.run", DONE_TAG = "aisle.import.done";
/** Most of each in one batch of MLflow's API. */
const MAX_METRICS = 1000, MAX_PAIRS = 100, MAX_PARAM_CHARS = 6000, MAX_PLACEHOLDERS = 10_000;

/** Sends JSON to the hub. */
export interface MlflowTarget {
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Sends a file. */
  put(path: string, body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void>;
}

/** Files of a run of the database: name below its artifacts, and the bytes. */
export interface OldFile {
  readonly name: string;
  open(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** What an import did. */
export interface ImportReport {
  experiments: number;
  /** Runs that came in now. */
  runs: number;
  /** Runs that were there from an import before. */
  runsBefore: number;
  points: number;
  files: number;
  models: number;
  versions: number;
  /** What could not be taken as it is, in words. */
  readonly notes: string[];
}

/** Options of {@linkcode importMlflow}. */
export interface ImportMlflowOptions {
  readonly filesOf: (run: OldRun) => Promise<readonly OldFile[]>;
  readonly progress: (what: string, done: number, total: number) => void;
  /** Names that catalogues have: theirs are not written to. */
  readonly catalogues: ReadonlySet<string>;
}

const API = "/api/2.0/mlflow";

interface FoundRun {
  readonly info: { readonly run_id: string; readonly artifact_uri: string };
  readonly data: { readonly tags?: readonly Pair[] };
}

/** Sends everything of `source` that is not there yet. */
export async function importMlflow(
  source: MlflowFile,
  target: MlflowTarget,
  options: ImportMlflowOptions,
): Promise<ImportReport> {
  const report: ImportReport = {
    experiments: 0,
    runs: 0,
    runsBefore: 0,
    points: 0,
    files: 0,
    models: 0,
    versions: 0,
    notes: [],
  };
  const newIds = new Map<string, string>();
  const known = await experimentsOf(target);
  for (const experiment of await source.experiments()) {
    const name = options.catalogues.has(experiment.name)
      ? `${experiment.name} (MLflow)`
      : experiment.name;
    let id = known.get(name);
    if (id === undefined) {
      const { experiment_id } = await target.json<{ experiment_id: string }>(
        "POST",
        `${API}/experiments/create`,
        { name, tags: experiment.tags },
      );
      id = { id: experiment_id, deleted: false };
      report.experiments++;
    } else if (id.deleted) {
      await target.json("POST", `${API}/experiments/restore`, { experiment_id: id.id });
    }
    await importRuns(source, target, {
      ...options,
      experiment: experiment.id,
      into: id.id,
      report,
      newIds,
    });
    if ((experiment.deleted || id.deleted) && id.id !== "0") {
      await target.json("POST", `${API}/experiments/delete`, { experiment_id: id.id });
    }
  }
  for (const model of await source.models()) {
    await importModel(target, model, { report, newIds, catalogues: options.catalogues });
  }
  for (const [table, rows] of Object.entries(await source.leftOut())) {
    report.notes.push(`${rows} rows of ${table} have no counterpart and stay where they are`);
  }
  return report;
}

async function experimentsOf(target: MlflowTarget) {
  const found = new Map<string, { readonly id: string; readonly deleted: boolean }>();
  let token: string | undefined;
  do {
    const page = await target.json<{
      experiments?: { experiment_id: string; name: string; lifecycle_stage: string }[];
      next_page_token?: string;
    }>("POST", `${API}/experiments/search`, {
      view_type: "ALL",
      max_results: 1000,
      page_token: token,
    });
    for (const e of page.experiments ?? []) {
      found.set(e.name, { id: e.experiment_id, deleted: e.lifecycle_stage === "deleted" });
    }
    token = page.next_page_token;
  } while (token);
  return found;
}

/** Runs of an experiment that an import made, by the id that they had. */
async function importedRuns(target: MlflowTarget, experiment: string) {
  const found = new Map<string, FoundRun & { readonly done: boolean }>();
  let token: string | undefined;
  do {
    const page = await target.json<{ runs?: FoundRun[]; next_page_token?: string }>(
      "POST",
      `${API}/runs/search`,
      {
        experiment_ids: [experiment],
        run_view_type: "ALL",
        max_results: 1000,
        page_token: token,
        filter: `tags.\`${RUN_TAG}\` != ''`,
      },
    );
    for (const run of page.runs ?? []) {
      const tags = new Map((run.data.tags ?? []).map((t) => [t.key, t.value]));
      const old = tags.get(RUN_TAG);
      if (old !== undefined) found.set(old, { ...run, done: tags.has(DONE_TAG) });
    }
    token = page.next_page_token;
  } while (token);
  return found;
}

async function importRuns(
  source: MlflowFile,
  target: MlflowTarget,
  options: ImportMlflowOptions & {
    readonly experiment: number;
    readonly into: string;
    readonly report: ImportReport;
    readonly newIds: Map<string, string>;
  },
): Promise<void> {
  const { into, report, newIds } = options;
  const runs = await source.runs(options.experiment), before = await importedRuns(target, into);
  for (const [i, run] of runs.entries()) {
    options.progress("runs", i, runs.length);
    const known = before.get(run.id);
    if (known?.done) {
      newIds.set(run.id, known.info.run_id);
      report.runsBefore++;
      continue;
    }
    const { info } = known ?? (await target.json<{ run: FoundRun }>("POST", `${API}/runs/create`, {
      experiment_id: into,
      user_id: run.user,
      run_name: run.name.slice(0, 250),
      start_time: run.startedAtMs ?? 0,
      tags: [{ key: RUN_TAG, value: run.id }],
    })).run;
    newIds.set(run.id, info.run_id);
    report.points += await sendLog(source, target, { run, id: info.run_id, report });
    for (const file of await options.filesOf(run)) {
      const folder = info.artifact_uri.replace(/^mlflow-artifacts:\//, "");
      const path = `${folder}/${file.name}`.split("/").map(encodeURIComponent).join("/");
      await target.put(`/api/2.0/mlflow-artifacts/artifacts/${path}`, await file.open());
      report.files++;
    }
    const status = run.status === "RUNNING" || run.status === "SCHEDULED" ? "KILLED" : run.status;
    await target.json("POST", `${API}/runs/update`, {
      run_id: info.run_id,
      status,
      end_time: run.endedAtMs ?? run.startedAtMs ?? 0,
    });
    const tags = [{ key: DONE_TAG, value: "yes" }];
    await target.json("POST", `${API}/runs/log-batch`, { run_id: info.run_id, tags });
    if (run.deleted) await target.json("POST", `${API}/runs/delete`, { run_id: info.run_id });
    report.runs++;
  }
}

/** Sends params, tags and points in batches; the number of points. */
async function sendLog(
  source: MlflowFile,
  target: MlflowTarget,
  { run, id, report }: {
    readonly run: OldRun;
    readonly id: string;
    readonly report: ImportReport;
  },
): Promise<number> {
  const log = await source.log(run.id);
  const batch = (part: {
    readonly metrics?: readonly OldPoint[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  }) => target.json("POST", `${API}/runs/log-batch`, { run_id: id, ...part });
  const params = log.params.map(({ key, value }) => {
    if (value.length <= MAX_PARAM_CHARS) return { key, value };
    report.notes.push(`param ${key} of run ${run.id} is cut at ${MAX_PARAM_CHARS} characters`);
    return { key, value: value.slice(0, MAX_PARAM_CHARS) };
  });
  // The run's user and name are members of the run itself.
  const tags = log.tags.filter((t) => t.key !== RUN_TAG && t.key !== DONE_TAG);
  for (const part of chunks(params, MAX_PAIRS)) await batch({ params: part });
  for (const part of chunks(tags, MAX_PAIRS)) await batch({ tags: part });
  for (const part of chunks(log.metrics, MAX_METRICS)) await batch({ metrics: part });
  return log.metrics.length;
}

async function importModel(
  target: MlflowTarget,
  model: OldModel,
  { report, newIds, catalogues }: {
    readonly report: ImportReport;
    readonly newIds: ReadonlyMap<string, string>;
    readonly catalogues: ReadonlySet<string>;
  },
): Promise<void> {
  const name = catalogues.has(model.name) ? `${model.name}-mlflow` : model.name;
  const filter = `name = '${name.replaceAll("'", "")}'`;
  const found = await target.json<{ registered_models?: { name: string }[] }>(
    "GET",
    `${API}/registered-models/search?${new URLSearchParams({ filter })}`,
  );
  if (!(found.registered_models ?? []).some((m) => m.name === name)) {
    const { description, tags } = model;
    await target.json("POST", `${API}/registered-models/create`, { name, description, tags });
    report.models++;
  }
  const there = await target.json<{ model_versions?: { version: string }[] }>(
    "GET",
    `${API}/model-versions/search?${new URLSearchParams({ filter, max_results: "10000" })}`,
  );
  const versions = new Set((there.model_versions ?? []).map((v) => Number(v.version)));
  const before = new Set(versions);
  for (const old of model.versions) {
    if (versions.has(old.version)) continue;
    if (await createVersion(target, name, old, newIds)) report.versions++;
    else report.notes.push(`version ${old.version} of ${name} was removed here: it stays away`);
    versions.add(old.version);
  }
  for (const { alias, version } of model.aliases) {
    // One that was imported before may have been moved here since.
    if (!versions.has(version) || before.has(version)) continue;
    await target.json("POST", `${API}/registered-models/alias`, {
      name,
      alias,
      version: String(version),
    });
  }
}

/**
 * Makes a version under the number that it had: numbers are given in order, so those that were deleted before it are
 * made and deleted here too. False where the hub has given the number away already.
 */
async function createVersion(
  target: MlflowTarget,
  name: string,
  old: OldModel["versions"][number],
  newIds: ReadonlyMap<string, string>,
): Promise<boolean> {
  const run = newIds.get(old.runId);
  for (let tries = 0; tries < MAX_PLACEHOLDERS; tries++) {
    const { model_version: { version } } = await target.json<
      { model_version: { version: string } }
    >(
      "POST",
      `${API}/model-versions/create`,
      {
        name,
        source: sourceOf(old.source, old.runId, run),
        run_id: run,
        description: old.description,
        tags: [...old.tags, { key: "aisle.import.source", value: old.source }],
      },
    );
    if (Number(version) === old.version) {
      if (old.stage !== "None") {
        await target.json("POST", `${API}/model-versions/transition-stage`, {
          name,
          version,
          stage: old.stage,
        });
      }
      return true;
    }
    await target.json("DELETE", `${API}/model-versions/delete`, { name, version });
    if (Number(version) > old.version) return false;
  }
  throw new AppError("data-invalid", `Cannot import ${name}: version ${old.version} is too high`);
}

/** Where the files are now: below the new run; an address that leads to another machine's files is only told. */
function sourceOf(source: string, oldRun: string, newRun: string | undefined): string {
  const below = oldRun === "" ? undefined : source.split(`${oldRun}/artifacts/`)[1] ??
    /^runs:\/[^/]+\/(.*)$/.exec(source)?.[1];
  if (newRun !== undefined && below !== undefined) return `runs:/${newRun}/${below}`;
  return /^(https?|s3|gs|wasbs|abfss|models):/.test(source) ? source : "models:/imported";
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from(
    { length: Math.ceil(items.length / size) },
    (_, i) => items.slice(i * size, (i + 1) * size),
  );
}
