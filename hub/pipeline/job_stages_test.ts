import assert from "node:assert/strict";
import { STAGES } from "./pipeline_events.ts";
import { foldStages, type StageLine } from "./job_stages.ts";
import { plannedStages, STAGE_NEEDS } from "./stage_plan.ts";

let second = 0;
const line = (type: string, rest: Record<string, unknown>): StageLine => ({
  type,
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString(),
  ...rest,
});
const stage = (name: string, state: string, rest = {}) =>
  line("stage", { stage: name, state, ...rest });
const begun = (attempt: number) => line("state", { state: "running", attempt });

const job = (state: string, kind = "train") => ({
  kind,
  input: {},
  state,
  endedAt: state === "running" ? null : "2026-01-01T01:00:00.000Z",
});
const states = (stages: ReturnType<typeof foldStages>) =>
  stages.map((s) => `${s.stage} ${s.state}`).join(", ");

Deno.test("a stage needs only stages that come before it, so the plan has no circle", () => {
  for (const [i, name] of STAGES.entries()) {
    for (const need of STAGE_NEEDS[name]) assert.ok(STAGES.indexOf(need) < i, `${name} ${need}`);
  }
});

Deno.test("plannedStages() begins with the check where there are files, and merges only where that is the task", () => {
  assert.deepEqual(plannedStages("pipeline", { source: {} }).slice(0, 3), [
    "check",
    "ingest",
    "split",
  ]);
  assert.deepEqual(plannedStages("retrain", {}).slice(0, 2), ["merge", "split"]);
  assert.equal(plannedStages("train", null).at(-1), "export");
  assert.deepEqual(plannedStages("inspect", null), []);
});

Deno.test("foldStages() tells what ran, what was known, what runs and what may come", () => {
  const stages = foldStages(job("running"), [
    begun(1),
    stage("split", "unchanged"),
    stage("features", "running"),
    stage("features", "done", { summary: "262144 buckets" }),
    stage("train", "running"),
  ]);
  assert.equal(
    states(stages),
    "split unchanged, features done, pictures waiting, encoder waiting, sentences waiting, train running, export waiting",
  );
  const [split, features, , , , train] = stages;
  assert.deepEqual(split!.needs, [], "what this job does not run is no need of it");
  assert.deepEqual(train!.needs, ["features", "encoder", "pictures", "sentences"]);
  assert.equal(features!.summary, "262144 buckets");
  assert.ok(features!.startedAt! < features!.endedAt!);
  assert.equal(train!.endedAt, null);
});

Deno.test("foldStages() ends what ran when the job ended, and says what was not needed", () => {
  const told = [begun(1), stage("split", "done"), stage("features", "running")];
  assert.match(states(foldStages(job("failed"), told)), /features failed, pictures skipped/);
  assert.match(states(foldStages(job("cancelled"), told)), /features cancelled/);
  assert.equal(foldStages(job("failed"), told)[1]!.endedAt, "2026-01-01T01:00:00.000Z");
});

Deno.test("foldStages() shows the newest attempt of each stage, and what the one before was doing as it died", () => {
  const told = [
    begun(1),
    stage("split", "running"),
    stage("split", "done"),
    stage("train", "running"),
    begun(2),
    stage("split", "unchanged"),
  ];
  const stages = foldStages(job("running"), told);
  const train = stages.find((s) => s.stage === "train")!;
  assert.deepEqual([train.state, train.attempt], ["lost", 1]);
  assert.deepEqual([stages[0]!.state, stages[0]!.attempt], ["unchanged", 2]);
  const retried = [begun(1), stage("train", "running"), line("state", { state: "queued" })];
  assert.match(states(foldStages(job("queued"), retried)), /train failed/);
});

Deno.test("foldStages() keeps what no plan names", () => {
  assert.equal(
    states(foldStages(job("running", "tune"), [stage("trial 1", "running")])),
    "trial 1 running",
  );
});
