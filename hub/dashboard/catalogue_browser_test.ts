import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest, type Page } from "./testing/browser.ts";

const CSV = "sku,Titre,Description,photo,Catégorie\n" +
  'A1,Ballon de plage,"Un ballon, gonflable, pour la plage et la piscine",a1.jpg,jouets\n' +
  "A2,Lampe de bureau,Une lampe orientable qui éclaire le bureau,a2.jpg,lampes\n";

/** What jobs of this test come to: their kind decides. */
const RESULTS: Readonly<Record<string, unknown>> = {
  check: {
    report: {
      html: "0".repeat(64),
      fatal: false,
      findings: [{ id: "few", severity: "warning", message: "2 rows of 2 classes are few" }],
    },
  },
  pipeline: { promoted: true, bundle: "1".repeat(64) },
};

function open() {
  let predictions: string | null = null;
  return openTestHub({
    handler: async ({ job, emit }) => {
      emit({ type: "progress", stage: job.kind, done: 1, total: 2, what: "rows" });
      emit({ type: "log", message: `working on ${job.kind}` });
      predictions ??= job.kind === "score"
        ? (job.input as { source: { csv: string } }).source.csv
        : null;
      return await Promise.resolve(
        job.kind === "score"
          ? {
            blob: predictions,
            bundle: "1".repeat(64),
            rows: 2,
            auto: 1,
            review: 1,
            unreadable: 0,
          }
          : RESULTS[job.kind],
      );
    },
  });
}

async function sendFiles(page: Page, form: string, withZip: boolean): Promise<void> {
  const section = page.locator("section", { has: page.getByRole("heading", { name: form }) });
  await section.locator("input[name=csv]").setInputFiles({
    name: "produits.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(CSV),
  });
  if (withZip) {
    await section.locator("input[name=images]").setInputFiles({
      name: "images.zip",
      mimeType: "application/zip",
      buffer: Buffer.from("PK\x03\x04 not looked at here"),
    });
  }
  await section.getByRole("button", { name: "Send" }).click();
}

browserTest(
  "catalogue: made, files sent, columns guessed and mended, checked, trained; another file scored and fetched",
  open,
  async (browser, hub) => {
    await browser.checkAll("/catalogue", "catalogue-empty");
    const page = await browser.open("/catalogue");
    await page.getByLabel("Name").fill("boutique");
    await page.getByLabel("Title").fill("La boutique");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByText("Bring its files in").waitFor();
    await sendFiles(page, "Train on your products", true);

    await page.waitForURL(/columns/);
    const chosen = (label: string) =>
      page.getByLabel(label).locator("option:checked").textContent();
    assert.equal(await chosen("Title"), "Titre");
    assert.equal(await chosen("Code (what is learned)"), "Catégorie");
    assert.equal(await chosen("Id of the row"), "sku");
    assert.equal(await chosen("Name of the picture’s file"), "photo");
    assert.equal(await page.getByRole("checkbox", { name: "Description" }).isChecked(), true);
    await browser.check(page, "columns");
    await browser.checkAll(new URL(page.url()).pathname + new URL(page.url()).search, "columns");
    await page.getByLabel("Id of the row").selectOption("its position");
    await page.getByRole("button", { name: "Check the files" }).click();

    await page.getByText("2 rows of 2 classes are few").waitFor();
    await browser.check(page, "checked");
    await page.getByRole("button", { name: "Train with these files" }).click();
    await page.getByText("The new model is the champion").waitFor();
    const jobs = (await hub.registry.jobs.list({ catalogue: "boutique" })).items;
    assert.deepEqual(jobs.map((job) => job.kind), ["pipeline", "check"]);
    assert.deepEqual(jobs[0]!.input, jobs[1]!.input);
    const { source } = jobs[0]!.input as { source: Record<string, unknown> };
    assert.deepEqual([source["text"], source["label"], source["id"], source["image"]], [
      ["Titre", "Description"],
      "Catégorie",
      null,
      "photo",
    ]);
    assert.ok(await hub.blobs.has(String(source["csv"])));
    assert.ok(await hub.blobs.has(String(source["images"])));
    await page.context().close();

    const { bundles } = await seed(hub.registry, hub.blobs);
    await hub.send("operator", "POST", "/api/v1/catalogues/demo/promote", {
      json: { digest: bundles[0], why: "test" },
    });
    const scoring = await browser.open("/catalogue?catalogue=demo");
    await sendFiles(scoring, "Score a file", false);
    await scoring.getByRole("button", { name: "Score" }).click();
    await scoring.getByRole("link", { name: "Download CSV" }).first().waitFor();
    await browser.check(scoring, "scored");
    const download = scoring.waitForEvent("download");
    await scoring.getByRole("link", { name: "Download CSV" }).first().click();
    assert.equal((await download).suggestedFilename(), "demo-predictions.csv");
    await browser.checkAll("/catalogue?catalogue=demo", "catalogue");
  },
);

browserTest(
  "an upload that is refused says so and can be tried again",
  open,
  async (browser, hub) => {
    await hub.registry.catalogues.ensure("demo");
    const page = await browser.open("/catalogue?catalogue=demo");
    await page.route(
      "**/ui/blobs",
      (route) =>
        route.fulfill({ status: 507, json: { detail: "Cannot keep this: the disk is full" } }),
    );
    await sendFiles(page, "Train on your products", false);
    await page.getByRole("alert").getByText("the disk is full").waitFor();
    await page.unroute("**/ui/blobs");
    await page.getByRole("button", { name: "Send" }).first().click();
    await page.waitForURL(/columns/);
  },
);
