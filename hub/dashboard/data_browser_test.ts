import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { readRows, writeRows } from "../data/version.ts";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

/** A second version: one row gone, one new, two of another code. */
async function addVersion(hub: TestHub): Promise<string> {
  const head = (await hub.registry.datasets.head("demo"))!;
  const rows = await Array.fromAsync(readRows(await hub.blobs.open(head.blob)));
  const next = rows.slice(1).map((row, i) => i < 2 ? { ...row, code: "travel-map" } : row);
  next.push({ ...rows[5]!, id: "9999", designation: "Tout nouveau marteau" });
  const digest = sha256("data 2");
  await hub.registry.datasets.add({
    digest,
    catalogue: "demo",
    parent: head.digest,
    blob: (await hub.blobs.put(writeRows(next))).digest,
    rows: next.length,
    classes: { ...head.classes, "food-fruit": 248, "travel-map": 152 },
    setAside: 0,
    source: null,
    diff: { added: 1, removed: 1, changed: 2 },
  });
  await hub.registry.datasets.setHead("demo", digest);
  return digest;
}

browserTest(
  "data: versions, products with search, difference, rows set aside",
  () => openTestHub(),
  async (browser, hub) => {
    const { dataset } = await seed(hub.registry, hub.blobs);
    const newer = await addVersion(hub);
    await browser.checkAll("/data", "data");
    await browser.checkAll(`/data/${newer}?catalogue=demo&text=carte`, "version");
    await browser.checkAll(`/data/${newer}/diff?catalogue=demo&against=${dataset}`, "diff");
    await browser.checkAll(`/data/${dataset}/set-aside?catalogue=demo`, "set-aside");

    const page = await browser.open("/data");
    await page.getByRole("link", { name: newer.slice(0, 12) }).click();
    await page.getByText("700 products").waitFor();
    await page.getByRole("link", { name: "Next page" }).click();
    await page.getByRole("link", { name: "First page" }).waitFor();
    await page.getByLabel("Words in texts or ids").fill("MESANGE bleue 12");
    await page.getByLabel("Code", { exact: true }).selectOption("animal-bird");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("Mésange bleue n° 12", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("link", { name: "2 changed" }).click();
    await page.waitForURL(/kind=changed/);
    assert.equal(await page.locator("main table").first().locator("tbody tr").count(), 2);
    await browser.check(page, "diff-changed");
  },
);
