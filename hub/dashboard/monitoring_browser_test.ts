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

browserTest(
  "an admin adds a webhook, sees its secret once, tests and removes it",
  () => openTestHub(),
  async (browser, hub) => {
    await hub.registry.catalogues.ensure("demo");
    const page = await browser.open("/monitoring", { role: "admin" });
    await page.getByLabel("Name").fill("on call");
    await page.getByLabel("Address (https)").fill("https://hooks.example.com/secret-path");
    await page.getByLabel("From severity").selectOption("critical");
    await page.getByRole("button", { name: "Add it" }).click();
    const secret = await page.getByRole("status").locator("pre").textContent();
    assert.match(secret!, /^[0-9a-f]{64}$/);
    await browser.check(page, "monitoring-webhook-secret");
    await page.reload();
    assert.equal(await page.getByText(secret!).count(), 0);
    const row = page.getByRole("row", { name: /on call https:\/\/hooks\.example\.com/ });
    await row.getByRole("button", { name: "Send a test to on call" }).click();
    await page.getByRole("row", { name: /on call.*waiting/ }).waitFor();
    await browser.checkAll("/monitoring", "monitoring-webhooks", { role: "admin" });
    assert.equal(await page.getByText("secret-path").count(), 0);
    await row.getByRole("button", { name: "Remove on call" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await row.waitFor({ state: "detached" });
    assert.deepEqual(await hub.registry.webhooks.list(), []);
    const operator = await browser.open("/monitoring", { role: "operator" });
    assert.equal(await operator.locator("#webhooks").count(), 0);
  },
);
