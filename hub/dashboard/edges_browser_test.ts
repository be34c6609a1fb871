import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "the edges page pins an edge and lets it go, tells quarantine, and what served where",
  () => openTestHub(),
  async (browser, hub) => {
    const { bundles } = await seed(hub.registry, hub.blobs);
    await hub.verbs.promote({ catalogue: "demo", digest: bundles[0]!, by: "test", why: "test" });
    await hub.registry.fleet.report({
      edgeId: "shop-1",
      catalogue: "demo",
      digest: bundles[0]!,
      sequence: 1,
      trouble: {
        digest: bundles[1]!,
        sequence: 2,
        code: "bundle-invalid",
        message: "its golden samples differ by 0.2 on this device",
        quarantined: true,
      },
    });
    const page = await browser.open("/edges", { role: "operator" });
    await page.getByRole("row", { name: /in quarantine.*golden samples/ }).waitFor();
    await page.locator("#pins").getByLabel("Edge").fill("shop-1");
    await page.locator("#pins").getByLabel(/^Bundle/).fill(bundles[1]!);
    await page.locator("#pins").getByLabel("Why").fill("compares");
    await page.getByRole("button", { name: "Pin", exact: true }).click();
    await page.getByText("shop-1 is pinned.").waitFor();
    await browser.checkAll("/edges", "edges");
    await page.getByRole("button", { name: "Unpin shop-1" }).click();
    await page.getByText("serves what all serve again").waitFor();
    assert.deepEqual(await hub.registry.fleet.pins("demo"), []);
    const before = await browser.open("/edges?catalogue=demo&at=2020-01-01T00:00", {
      role: "viewer",
    });
    await before.getByText("No edge was heard of by then.").waitFor();
    assert.equal(await before.getByRole("button", { name: "Pin", exact: true }).count(), 0);
  },
);
