import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { seedFindings } from "../testing/seed_findings.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "models are compared, opened down to their very products, thresholds tried, promoted and rolled back",
  () => openTestHub(),
  async (browser, hub) => {
    const seeded = await seed(hub.registry, hub.blobs);
    const { bundles } = seeded;
    await seedFindings(hub, seeded);
    await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
      json: { digest: bundles[0], why: "the first one" },
    });
    const catalogue = "demo";
    await hub.registry.aliases.setChallenger({
      catalogue,
      digest: bundles[1]!,
      by: "pipeline",
      why: "refused by the gate",
    });
    await browser.checkAll("/models?catalogue=demo&moment=2026-01-03T00:00", "models");
    await browser.checkAll(`/models/${bundles[2]}`, "model");
    await browser.checkAll(`/models/${bundles[2]}/gold?wrong=true`, "gold");
    await browser.checkAll(`/models/${bundles[2]}/card`, "card");
    await browser.checkAll(`/lineage?catalogue=demo&kind=bundle&id=${bundles[0]}`, "lineage");

    const page = await browser.open(`/models/${bundles[2]}`);
    const cell = page.locator("table.matrix td[class^=wrong] a").first();
    const count = Number(await cell.textContent());
    await cell.click();
    await page.waitForURL(/\/gold\?/);
    assert.equal(await page.locator(".product").count(), count);
    await page.goBack();
    const slider = page.getByLabel("Accept from this confidence");
    const accepted = page.locator("[data-cell='1']");
    await slider.fill("0");
    assert.equal(await accepted.textContent(), "100.0\u00a0%");
    await slider.fill("100");
    assert.equal(await accepted.textContent(), "0.0\u00a0%");
    await slider.fill("70");
    await page.getByText("Every threshold").click();
    const row = page.locator("#threshold-table tbody tr").nth(70).locator("td").nth(1);
    assert.equal(await accepted.textContent(), await row.textContent());
    await page.getByRole("link", { name: "Sort by Recall" }).click();
    await page.waitForURL(/sort=recall/);

    const champion = async () => (await hub.registry.aliases.get("demo")).champion;
    await page.goto(`${browser.origin}/models?catalogue=demo`);
    await page.getByLabel("Reason, kept in the history").first().fill("better on every class");
    await page.getByRole("button", { name: /^Promote/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("status").getByText("is the champion now").waitFor();
    assert.equal(await champion(), bundles[1]);
    await page.getByText("better on every class").waitFor();
    await page.getByText(/^Roll back to/).click();
    await page.getByLabel("Reason, kept in the history").fill("customers complain");
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("status").getByText("Rolled back").waitFor();
    assert.equal(await champion(), bundles[0]);
  },
);
