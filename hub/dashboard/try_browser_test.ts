import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { goldenPictureFile } from "@aisle/shared/bundle";
import { seedTrial } from "../testing/seed_trial.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "a product with a picture is tried in the browser, champion and challenger beside each other",
  () => openTestHub(),
  async (browser, hub) => {
    await seedTrial(hub, (request) => hub.verbs.promote(request));
    for (const look of ["light", "dark", "phone"] as const) {
      const page = await browser.open("/try", {
        role: "viewer",
        look,
        language: look === "light" ? "en" : "fr",
      });
      await browser.check(page, `try-form-${look}`);
      await page.locator("#designation").fill("Red kettle of steel");
      await page.locator("#description").fill("A kettle for tea, the kettle of kettles.");
      await page.locator("#image").setInputFiles({
        name: "kettle.png",
        mimeType: "image/png",
        buffer: Buffer.from(goldenPictureFile({ seed: 3, width: 160, height: 120 })),
      });
      await page.locator("button.main").click();
      await page.locator(".panel.trial").nth(1).waitFor();
      await page.locator("svg.heatmap").waitFor();
      assert.equal(await page.locator("#designation").inputValue(), "Red kettle of steel");
      await browser.check(page, `try-${look}`);
      await page.context().close();
    }
  },
);
