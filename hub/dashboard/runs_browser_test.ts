import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "runs are searched, chosen and compared; a run's curves grow while it runs; notes and tags stay",
  () => openTestHub(),
  async (browser, hub) => {
    const { runs } = await seed(hub.registry, hub.blobs);
    const going = await hub.registry.runs.create({
      catalogue: "demo",
      kind: "train",
      params: { "train.c": 4, "train.passes": 8, "export.weights": "float32" },
      tags: { by: "bob", "env.os": "linux x86_64", "env.cores": "8", "env.deno": "2.9.6" },
    });
    const log = async (from: number, to: number) => {
      for (let step = from; step < to; step++) {
        await hub.registry.runs.logMetrics(going.id, [
          { name: "final.objective", step, value: 900 / (step + 1) },
          { name: "system/stage_cpu_cores", step, value: 1.4 + (step % 3) / 10 },
          { name: "system/stage_memory_bytes", step, value: 2e8 + 1e6 * step },
          { name: "stage_seconds.features", step: 0, value: 2.5 },
          { name: "stage_seconds.train", step: 0, value: 7.25 },
        ]);
      }
    };
    await log(0, 4);
    await browser.checkAll("/runs?catalogue=demo", "runs");
    await browser.checkAll(`/runs/${going.id}`, "run");
    await browser.checkAll(
      `/runs/compare?id=${runs[0]}&id=${runs[2]}&id=${going.id}`,
      "compare",
    );

    const page = await browser.open("/runs?catalogue=demo");
    await page.getByLabel("Search").fill("metrics.gold.accuracy >> 0.8");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("position 24").waitFor();
    await browser.check(page, "runs-problem");
    await page.getByLabel("Search").fill("metrics.gold.accuracy > 0.8");
    await page.keyboard.press("Enter");
    await page.getByText("Columns").first().click();
    await page.getByLabel("gold.accuracy").check();
    await browser.check(page, "runs-columns");
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("link", { name: "Sort by gold.accuracy" }).waitFor();
    for (const box of await page.locator("tbody input").all()) await box.check();
    await page.getByRole("button", { name: "Compare those chosen" }).click();
    await page.getByRole("heading", { name: "Params that differ" }).waitFor();

    await page.goto(`${browser.origin}/runs/${going.id}`);
    const curve = page.getByRole("img", { name: /^objective/ });
    const before = await curve.getAttribute("aria-label");
    await log(4, 9);
    await page.getByRole("img", { name: "objective; last final 100" }).waitFor();
    assert.notEqual(await curve.getAttribute("aria-label"), before);

    await page.getByLabel("Note").fill("the one with much c");
    await page.getByRole("button", { name: "Save the note" }).click();
    await page.getByRole("status").waitFor();
    await page.getByLabel("Tag", { exact: true }).fill("stage");
    await page.getByLabel("Value", { exact: true }).fill("keep");
    await page.getByRole("button", { name: "Set the tag" }).click();
    await page.getByRole("status").getByText("The tag stage is set").waitFor();
    await page.getByRole("button", { name: "Delete this run" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "Restore this run" }).waitFor();
    await browser.check(page, "run-deleted");
  },
);
