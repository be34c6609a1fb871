import assert from "node:assert/strict";
import type { JobStage } from "../../hub/pipeline/job_stages.ts";
import { STAGE_NEEDS } from "../../hub/pipeline/stage_plan.ts";
import type { Job, JobEvent } from "../../hub/registry/jobs.ts";
import type { Schedule } from "../../hub/registry/schedules.ts";
import { runJson, runTask, scratch } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

Deno.test("jobs and schedules are run, shown and changed from the command line", async (t) => {
  await using folder = await scratch();
  const data = `${folder.path}/data`, raw = `${folder.path}/raw`;
  await writeChallenge(raw, syntheticProducts(200, 4));
  await runJson(data, ["pipeline", "--x", `${raw}/x.csv`, "--y", `${raw}/y.csv`, "--name", "shop"]);

  await t.step("a job's stages are there, each after those that it needs", async () => {
    const [job] = await runJson<Job[]>(data, ["jobs", "list", "--kind", "pipeline"]);
    const { stages } = await runJson<{ stages: JobStage[] }>(data, ["jobs", "show", job!.id]);
    const ran = stages.filter((stage) => stage.state === "done");
    assert.ok(ran.length >= 8, stages.map((s) => `${s.stage} ${s.state}`).join(", "));
    for (const { stage, startedAt } of ran) {
      for (const need of STAGE_NEEDS[stage as keyof typeof STAGE_NEEDS]) {
        const before = ran.find((s) => s.stage === need);
        assert.ok(before === undefined || before.endedAt! <= startedAt!, `${stage} before ${need}`);
      }
    }
    const log = await runTask(data, [
      "jobs",
      "log",
      job!.id.slice(0, 8),
      "--stage",
      "train",
      "--json",
    ]);
    const lines = log.stdout.trim().split("\n").map((line): JobEvent => JSON.parse(line));
    assert.deepEqual(new Set(lines.map((line) => line["stage"])), new Set(["train"]));
  });

  await t.step("a job runs with params of its own, which its run records", async () => {
    const input = JSON.stringify({ params: { "train.c": 3 } });
    const { runId } = await runJson<{ runId: string }>(data, [
      "jobs",
      "run",
      "train",
      "--input",
      input,
    ]);
    const run = await runJson<{ params: Record<string, unknown> }>(data, ["runs", "show", runId]);
    assert.equal(run.params["train.c"], 3);
  });

  await t.step("a schedule is made, changed, paused, run at once and removed", async () => {
    const schedules = (...args: string[]) => runJson<Schedule[]>(data, ["schedules", ...args]);
    const zone = ["--cron", "30 2 * * *", "--time-zone", "Europe/Paris"];
    await schedules("set", "nightly", "--kind", "split", ...zone);
    const [set] = await schedules("set", "nightly", "--missed", "once", "--expected-by", "3h");
    assert.deepEqual([set!.cron, set!.timeZone, set!.missedPolicy, set!.expectedByMs], [
      "30 2 * * *",
      "Europe/Paris",
      "once",
      10_800_000,
    ]);
    assert.equal((await schedules("pause", "nightly"))[0]!.enabled, false);
    assert.equal((await schedules("resume", "nightly"))[0]!.enabled, true);
    const { ran } = await runJson<{ ran: string[] }>(data, ["schedules", "run", "nightly"]);
    assert.deepEqual(ran, [], "nothing has changed since");
    assert.equal((await runTask(data, ["schedules", "remove", "nightly"])).code, 0);
    const wrong = await runTask(data, [
      "schedules",
      "set",
      "x",
      "--kind",
      "split",
      "--cron",
      "1 2",
    ]);
    assert.match(wrong.stderr, /Cannot read the cron expression 1 2/);
    assert.equal(wrong.code, 2);
  });
});
