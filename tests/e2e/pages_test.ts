import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { chromiumPath, startBrowser } from "./browser.ts";
import { hubJson, post, runJson, scratch, startEdge, startHub } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

const chromium = chromiumPath();
const PAGES = ["/", "/runs", "/models", "/data", "/jobs", "/edges", "/docs"];
const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 } },
};

/** Opens a page whose errors fail the test; pictures of every page go to `PAGES_OUT` if that is set. */
async function openPage(browser: Browser, look: string, errors: string[]): Promise<Page> {
  const page = await (await browser.newContext(LOOKS[look]!)).newPage();
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${look}: ${message.text()}`);
  });
  page.on("pageerror", (error) => errors.push(`${look}: ${error.message}`));
  return page;
}

/** Pixels by which the page is wider than its window. */
const overflow = (page: Page) =>
  page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  ) as Promise<number>;

async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("PAGES_OUT");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

Deno.test({
  name: chromium === null
    ? "the pages in a real Chromium (skipped: there is none on this machine)"
    : "the pages of hub and edge work in a real Chromium, light, dark and on a phone",
  ignore: chromium === null,
  // Playwright keeps pipes to the browser that close after it.
  sanitizeOps: false,
  sanitizeResources: false,
}, async (t) => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  const products = syntheticProducts(300, 4);
  await writeChallenge(`${folder.path}/shop`, products);
  await using hub = await startHub(dataDir);
  const files = ["--x", `${folder.path}/shop/x.csv`, "--y", `${folder.path}/shop/y.csv`];
  await runJson(dataDir, ["pipeline", ...files, "--name", "shop"]);
  await using edge = await startEdge(dataDir, "shop");
  const { code, ...product } = products[0]!;
  await post(`${edge.url}/v1/feedback`, { product, code });
  const token = /Admin token +(\S+)/.exec(hub.output())![1]!;
  const browser = await startBrowser(chromium!);
  const errors: string[] = [];
  try {
    for (const look of Object.keys(LOOKS)) {
      await t.step(`${look}: sign in, and every page of the hub fits`, async () => {
        const page = await openPage(browser, look, errors);
        await page.goto(hub.url);
        await page.locator("input[type=password]").fill(token);
        await page.keyboard.press("Enter");
        await page.getByRole("heading", { name: /shop/ }).first().waitFor();
        errors.length = 0; // the 401 of the first visit is told by the browser, and meant
        for (const path of PAGES) {
          await page.goto(hub.url + path);
          await page.locator("main, #main, body").first().waitFor();
          assert.ok(await overflow(page) <= 0, `${path} is wider than a ${look} window`);
          await keepPicture(
            page,
            `${look}${path === "/" ? "/overview" : path}`.replaceAll("/", "_"),
          );
        }
        assert.deepEqual(errors, []);
        await page.context().close();
      });
    }
    await t.step("the try-it page guesses by keyboard", async () => {
      const page = await openPage(browser, "phone", errors);
      await page.goto(edge.url);
      await page.locator("input, textarea").first().focus();
      await page.keyboard.type(product.designation);
      await page.keyboard.press("Enter");
      await page.getByText(/\d[\s\u00a0\u202f]?%/).first().waitFor({ timeout: 10_000 });
      assert.ok(await overflow(page) <= 0, "the page is wider than a phone");
      await keepPicture(page, "phone_try_it");
      assert.deepEqual(errors, []);
      await page.context().close();
    });
    await t.step("what a page shows came from the API", async () => {
      const { champion } = await hubJson<{ champion: string }>(
        dataDir,
        "GET",
        "/api/v1/catalogues/shop/aliases",
      );
      const page = await openPage(browser, "desktop", errors);
      await page.goto(hub.url);
      await page.locator("input[type=password]").fill(token);
      await page.keyboard.press("Enter");
      await page.getByText(champion.slice(0, 12)).first().waitFor();
      await page.context().close();
    });
  } finally {
    await browser.close();
  }
});
