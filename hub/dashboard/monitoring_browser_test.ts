import assert from "node:assert/strict";
import { seedMonitoring } from "../testing/seed_monitoring.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "the monitoring page tells drift, accuracy and edges, and its alerts are worked off there",
  () => openTestHub(),
  async (browser, hub) => {
    await browser.checkAll("/monitoring", "monitoring-empty");
    await seedMonitoring(hub, { drifts: true, agrees: 0.6 });
    const page = await browser.open("/monitoring", { role: "operator" });
    await page.getByRole("button", { name: "Look now" }).click();
    await page.getByText("Drift in demo:").waitFor();
    await browser.checkAll("/monitoring", "monitoring");
    const alert = page.getByRole("row", { name: /Drift in demo/ });
    await alert.getByRole("button", { name: /^Acknowledge/ }).click();
    await page.getByRole("row", { name: /Drift in demo.* knows/ }).waitFor();
    await alert.getByLabel("Mute for").selectOption("24");
    await alert.getByRole("button", { name: /^Mute/ }).click();
    await page.getByRole("row", { name: /Drift in demo.*muted until/ }).waitFor();
    await browser.check(page, "monitoring-acknowledged");
    await alert.getByRole("button", { name: /^Resolve/ }).click();
    await alert.waitFor({ state: "detached" });
    assert.equal((await hub.registry.alerts.count("demo")).critical, 2);
    await page.getByRole("link", { name: "Show resolved ones too" }).click();
    await page.getByRole("row", { name: /Drift in demo/ }).waitFor();
    const viewer = await browser.open("/monitoring", { role: "viewer" });
    assert.equal(await viewer.getByRole("button", { name: /^Resolve/ }).count(), 0);
  },
);
