import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

/** Opens a hub whose jobs tell of stages as a pipeline does; `train` goes on until `gate`, a second one fails. */
function openWorkingHub(gate: Promise<void>): Promise<TestHub> {
  let trained = 0;
  return openTestHub({
    handler: async ({ job, emit, signal }) => {
      const stage = (name: string, state: string, rest = {}) =>
        emit({ type: "stage", stage: name, state, ...rest });
      if (job.kind === "inspect") {
        return {
          decision: "nothing",
          heldBack: "held back: the last retrain was 12 min ago, the cool-down takes 30 min",
          triggers: [
            { trigger: "rows", fired: true, why: "120 new feedback rows, 100 needed" },
            { trigger: "drift", fired: false, why: "drift is none, critical needed" },
          ],
        };
      }
      stage("split", "unchanged");
      stage("features", "running");
      stage("features", "done", { ms: 1200, summary: "262144 buckets" });
      stage("train", "running");
      emit({ type: "log", stage: "train", message: "pass 1 of 8" });
      if (job.kind === "train" && ++trained === 3) {
        const tick = setInterval(
          () => emit({ type: "progress", stage: "train", done: 3, total: 8, what: "passes" }),
          50,
        );
        await Promise.race([
          gate,
          new Promise((_, reject) =>
            signal.addEventListener(
              "abort",
              () => reject(new AppError("cancelled", "It was cancelled")),
            )
          ),
        ]).finally(() => clearInterval(tick));
      }
      if (trained === 2) throw new AppError("training-failed", "the process of train died");
      stage("train", "done", { ms: 4000 });
      stage("export", "running");
      stage("export", "done", { ms: 300 });
      return { bundle: "5a8477b8c284", counts: { train: 360, gold: 40 } };
    },
  });
}

browserTest(
  "jobs show their stages and history, are started with params, followed by stage and cancelled; schedules are made, paused and run",
  () => openWorkingHub(Promise.withResolvers<void>().promise),
  async (browser, hub) => {
    await seed(hub.registry, hub.blobs);
    const start = async (kind: string) =>
      (await (await hub.send("operator", "POST", `/api/v1/catalogues/demo/${kind}`)).json()).id;
    await hub.send("operator", "PUT", "/api/v1/schedules/nightly", {
      json: {
        catalogue: "demo",
        kind: "split",
        cron: "30 2 * * *",
        timeZone: "Europe/Paris",
        missedPolicy: "once",
        expectedByMs: 3_600_000,
      },
    });
    await start("train");
    await start("train");
    const inspected = await start("inspect");
    await hub.jobs.idle();
    const going = await start("train");
    while (
      !(await hub.registry.jobs.stageEvents([going])).get(going)?.some((e) =>
        e["stage"] === "train"
      )
    ) {
      await new Promise((done) => setTimeout(done, 20));
    }

    await browser.checkAll("/jobs?catalogue=demo", "jobs");
    await browser.checkAll(`/jobs/${going}`, "job");
    await browser.checkAll(`/jobs/${inspected}`, "job-inspect");

    // The grid can be read without its colours, and leads to the log of one stage.
    const page = await browser.open("/jobs?catalogue=demo");
    await page.getByRole("link", { name: /^train: failed/ }).waitFor();
    await page.getByRole("link", { name: /^train: running/ }).click();
    await page.waitForURL(/\/jobs\/.*stage=train/);
    await page.locator(".log").getByText("pass 1 of 8").waitFor();
    assert.equal(await page.locator(".log").getByText("262144 buckets").count(), 0);
    await page.locator("#progress progress").waitFor();

    // It stops when it is asked to, and the page says so without being loaded again.
    await page.getByRole("button", { name: "Cancel this job" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.locator("#job-state", { hasText: "cancelled" }).waitFor();
    await page.locator("#stages").getByText("cancelled").first().waitFor();

    await page.goto(`${browser.origin}/jobs?catalogue=demo`);
    await page.locator("#kind").selectOption("evaluate");
    await page.getByLabel("Params of this job alone").fill("train.c = 3\ntext.words = [1, 3]");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.waitForURL(/\/jobs\/id-/);
    await page.locator("#job-state", { hasText: "succeeded" }).waitFor();
    const { items: [started] } = await hub.registry.jobs.list({ kind: "evaluate" });
    assert.deepEqual(started!.input, { params: { "train.c": 3, "text.words": [1, 3] } });

    // When it is due next is in the viewer's zone: 02:30 in Paris, where this browser is.
    await page.goto(`${browser.origin}/jobs?catalogue=demo`);
    await page.locator("#schedules details summary").first().click();
    await page.locator("#schedules details").getByText(/02:30/).first().waitFor();
    await page.getByRole("button", { name: "Pause: nightly" }).click();
    await page.getByRole("status").getByText("The schedule is paused.").waitFor();
    await page.getByRole("button", { name: "Resume: nightly" }).click();
    await page.getByRole("button", { name: "Pause: nightly" }).waitFor();

    await page.getByText("New schedule").click();
    assert.equal(await page.getByLabel("Time zone").inputValue(), "Europe/Paris");
    await page.getByLabel("Name").fill("weekly");
    await page.getByLabel("Cron expression").fill("0 4 * * 1");
    await page.getByLabel(/Alert when/).fill("90");
    await page.getByRole("button", { name: "Make schedule" }).click();
    await page.getByRole("status").getByText("Schedule weekly is set.").waitFor();
    await browser.check(page, "jobs-made");
    const weekly = (await hub.registry.schedules.get("weekly"))!;
    assert.deepEqual([weekly.cron, weekly.timeZone, weekly.expectedByMs, weekly.by], [
      "0 4 * * 1",
      "Europe/Paris",
      5_400_000,
      "the operator",
    ]);
    await page.getByRole("button", { name: "Remove: weekly" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("status").getByText("Schedule weekly is removed.").waitFor();
    await page.getByRole("button", { name: "Run now: nightly" }).click();
    await page.waitForURL(/\/jobs\/id-/);
    await page.locator("#facts").getByText("nightly").waitFor();

    // Who may only look has no buttons.
    const viewer = await browser.open("/jobs?catalogue=demo", { role: "viewer" });
    assert.equal(await viewer.locator("main button").count(), 0);
  },
);
