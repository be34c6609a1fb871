import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "labels: counts, add, rename, merge after a question, history; viewers only look",
  () => openTestHub(),
  async (browser, hub) => {
    await seed(hub.registry, hub.blobs);
    await browser.checkAll("/labels", "labels");
    await browser.checkAll("/labels/change?catalogue=demo&code=travel-map", "label");

    const page = await browser.open("/labels");
    await page.getByLabel("Code", { exact: true }).fill("toy-ball");
    await page.getByLabel("Name", { exact: true }).fill("Balls");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("Added toy-ball.").waitFor();

    await page.getByRole("link", { name: "Change toy-ball" }).click();
    await page.getByLabel("New name").fill("Balls & games");
    await page.getByRole("button", { name: "Rename" }).click();
    await page.getByText("toy-ball is called Balls & games now.").waitFor();

    await page.getByRole("link", { name: "Change travel-map" }).click();
    await page.getByRole("link", { name: /150 products/ }).waitFor();
    await page.getByLabel("Label that stays").selectOption("object-tool");
    await page.getByRole("button", { name: "Merge" }).click();
    await page.getByRole("dialog").getByText(/its 150 products/).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    assert.equal(await hub.registry.labels.resolve("demo", "travel-map"), "travel-map");
    await page.getByRole("button", { name: "Merge" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByText("travel-map counts as object-tool from now on.").waitFor();
    await page.getByText("merged travel-map into object-tool").waitFor();
    await browser.check(page, "labels-changed");
    assert.equal(await hub.registry.labels.resolve("demo", "travel-map"), "object-tool");
    const actions = (await hub.registry.audit.list()).items.map((entry) => entry.action);
    assert.deepEqual(actions.slice(0, 3), ["merge-labels", "rename-label", "add-label"]);

    await page.getByLabel("Code or name").fill("games");
    await page.getByRole("button", { name: "Find" }).click();
    assert.equal(await page.getByRole("link", { name: /^Change/ }).count(), 1);
    const viewer = await browser.open("/labels", { role: "viewer" });
    assert.equal(await viewer.getByRole("link", { name: /^Change/ }).count(), 0);
    assert.equal(await viewer.getByRole("button", { name: "Add" }).count(), 0);
  },
);
