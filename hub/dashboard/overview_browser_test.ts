import assert from "node:assert/strict";
import { seed, seedEdges } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

const gate = Promise.withResolvers<void>();

browserTest(
  "overview: what comes next over nothing, the headline over a champion, a job as it runs, alerts",
  () =>
    openTestHub({
      handler: async ({ emit }) => {
        emit({ type: "log", message: "first line" });
        const tick = setInterval(
          () => emit({ type: "progress", stage: "train", done: 1, total: 2, what: "pass" }),
          50,
        );
        await gate.promise;
        clearInterval(tick);
      },
    }),
  async (browser, hub) => {
    await browser.checkAll("/", "overview-nothing");
    await hub.registry.catalogues.ensure("demo");
    await browser.checkAll("/", "overview-begun");
    const begun = await browser.open("/");
    await begun.getByRole("link", { name: "Bring products in" }).click();
    await begun.waitForURL(/\/catalogue/);
    await begun.context().close();

    const { bundles } = await seed(hub.registry, hub.blobs);
    await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
      json: { digest: bundles[0], why: "test" },
    });
    await seedEdges(hub.registry, bundles[0]!, "2026-01-02T03:04:05.000Z");
    await hub.registry.alerts.raise({
      catalogue: "demo",
      key: "drift",
      kind: "drift",
      severity: "warning",
      message: "titles are twice as long as in training",
    });
    await hub.registry.schedules.upsert({
      id: "inspect-demo",
      catalogue: "demo",
      kind: "inspect",
      cron: "*/15 * * * *",
      enabled: true,
    });
    await hub.registry.schedules.touch("inspect-demo", { nextRunAt: "2026-01-02T03:15:00.000Z" });
    await browser.checkAll("/", "overview");
    await hub.send("operator", "POST", "/api/v1/catalogues/demo/train");
    const page = await browser.open("/");
    await page.getByText("66.0 %").first().waitFor();
    await page.getByText("of products can be accepted automatically at 95 % precision").waitFor();
    await page.getByText("titles are twice as long as in training").waitFor();
    await page.getByText("train pass").waitFor();
    await browser.check(page, "overview-running");
    gate.resolve();
    await page.locator("#job-state", { hasText: "succeeded" }).waitFor();
    assert.equal(await page.locator("#progress").isVisible(), false);
  },
);
