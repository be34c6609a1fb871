import assert from "node:assert/strict";
import { seed, seedEdges } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

const PICTURE = await Deno.readFile(
  new URL("../../tests/golden/pictures/turned_1.jpg", import.meta.url),
);

async function fill(hub: TestHub): Promise<void> {
  const { bundles } = await seed(hub.registry, hub.blobs);
  await seedEdges(hub.registry, bundles[0]!, "2026-01-02T03:04:05.000Z");
  const { digest: picture } = await hub.blobs.put(new Blob([PICTURE]).stream());
  const items = ["Pomme rouge du verger", "Carte du monde", "Marteau de charpentier", "Merle"].map((
    designation,
    i,
  ) => ({
    product: {
      designation,
      description: "Une longue description du produit. ".repeat(8),
      productid: "",
      imageid: "",
      ...(i === 0 ? { picture } : {}),
    },
    guesses: [
      { code: "food-fruit", confidence: 0.46 },
      { code: "travel-map", confidence: 0.41 },
      { code: "animal-bird", confidence: 0.07 },
    ],
    digest: bundles[0]!,
    reasons: [
      { kind: "low-margin" as const, score: 0.95 - i / 10, detail: "46 % against 41 %" },
      { kind: "drifted" as const, score: 0.3, detail: "62 % was never seen in training" },
    ],
    origin: "edge-1",
    knownCode: i === 0 ? "object-tool" : null,
  }));
  await hub.registry.review.offer("demo", items, { maxOpen: 99, secondOpinions: 0, seed: 1 });
  const limits = { ...hub.params.sources, quotaPerDay: 2 };
  for (const [i, source] of ["ann", "bob", "bob", "bob"].entries()) {
    await hub.registry.feedback.store({
      idempotencyKey: `q-${i}`,
      edgeId: "edge-2",
      catalogue: "demo",
      requestId: null,
      product: {
        designation: i < 2 ? "Une lampe" : `Lampe ${i}`,
        description: "",
        productid: "",
        imageid: "",
      },
      code: i === 0 ? "object-tool" : "travel-map",
      predicted: null,
      source,
      at: "2026-01-02T03:04:05Z",
    }, limits);
  }
}

browserTest(
  "the review page looks well and is answered by keys alone",
  openTestHub,
  async (browser, hub) => {
    await fill(hub);
    await browser.checkAll("/review?catalogue=demo", "review");
    const page = await browser.open("/review?catalogue=demo");
    const title = () => page.textContent(".product-title");
    assert.match((await title())!, /Pomme/);
    await Promise.all([page.waitForURL(/\/review\?/), page.keyboard.press("1")]);
    await page.waitForSelector(".flash.good");
    assert.match((await title())!, /Carte/);
    await page.keyboard.press("/");
    await page.keyboard.type("maps");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.match((await title())!, /Marteau/);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("s")]);
    assert.match((await title())!, /Merle/);
    await Promise.all([page.waitForNavigation(), page.keyboard.press("z")]);
    assert.match((await title())!, /Marteau/);
    await page.keyboard.press("n");
    await page.keyboard.type("object-saw");
    await page.keyboard.press("Tab");
    await page.keyboard.type("Saws");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.match((await page.textContent(".flash.good"))!, /Saws/);
    await page.keyboard.press("w");
    await page.waitForSelector("#why .soft", { state: "attached" });
    await browser.check(page, "review-answered");
    const codes = (await hub.registry.feedback.pending("demo")).filter(({ source }) =>
      source === "the operator@hub:review"
    ).map(({ code }) => code);
    assert.deepEqual(codes.toSorted(), ["food-fruit", "object-saw", "travel-map"]);
  },
);

browserTest(
  "sources, quarantine and conflicts look well, and a rejection is asked back",
  openTestHub,
  async (browser, hub) => {
    await fill(hub);
    await browser.checkAll("/review/feedback?catalogue=demo", "review-feedback");
    const page = await browser.open("/review/feedback?catalogue=demo");
    await page.getByRole("button", { name: "Reject all of bob@edge-2" }).click();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.waitForSelector(".flash.good");
    assert.equal((await hub.registry.quarantine.counts("demo")).conflicts, 1);
    await page.getByRole("button", { name: "Believe object-tool" }).click();
    await page.waitForSelector("text=Resolved as object-tool");
    assert.equal((await hub.registry.quarantine.counts("demo")).conflicts, 0);
  },
);

browserTest("an empty queue says where products come from", openTestHub, async (browser, hub) => {
  await seed(hub.registry, hub.blobs);
  await browser.check(
    await browser.open("/review?catalogue=demo", { look: "phone" }),
    "review-empty",
  );
});
