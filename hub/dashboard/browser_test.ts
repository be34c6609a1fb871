/**
 * The pages in a real browser: what only one can tell. Looked for on the path; ignored, by name, where there is none.
 *
 * @module
 */
import assert from "node:assert/strict";
import { chromium, type Page } from "playwright-core";
import { seed, seedEdges } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { mountDashboard } from "./mod.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The first browser on the path. */
function findBrowser(): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of BROWSERS) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
          continue;
        }
        // Not every folder of the path may be looked into.
        if (
          error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable
        ) continue;
        throw error;
      }
    }
  }
  return null;
}

const browser = findBrowser();
const name =
  "in a browser: sign-in by keyboard, no policy broken, a live log, nothing wider than a phone";

Deno.test({
  name: browser === null ? `${name} (ignored: no Chromium on the path)` : name,
  ignore: browser === null,
  // The browser's own connections close when they will.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const gate = Promise.withResolvers<void>();
    await using hub = await openTestHub({
      handler: async ({ emit }) => {
        emit({ type: "log", message: "first <b>line</b>" });
        const tick = setInterval(
          () => emit({ type: "progress", stage: "train", done: 1, total: 2 }),
          50,
        );
        await gate.promise;
        clearInterval(tick);
        emit({ type: "log", message: "last line" });
      },
    });
    mountDashboard(hub.app);
    const { bundles, runs } = await seed(hub.registry, hub.blobs);
    await seedEdges(hub.registry, bundles[0]!, "2026-01-02T03:04:05.000Z");
    const job = await (await hub.send("operator", "POST", "/api/v1/catalogues/demo/train")).json();
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      hub.app.fetch,
    );
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const chrome = await chromium.launch({ executablePath: browser!, args: ["--no-sandbox"] });
    try {
      const context = await chrome.newContext({
        viewport: { width: 390, height: 844 },
        timezoneId: "Asia/Tokyo",
        locale: "en-GB",
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await signInByKeyboard(page, origin, hub.tokens.operator);

      await page.goto(`${origin}/jobs/${job.id}`);
      await page.getByText("first <b>line</b>").waitFor();
      await page.locator("#progress progress").waitFor();
      gate.resolve();
      await page.getByText("last line").waitFor();
      await page.locator("#job-state", { hasText: "succeeded" }).waitFor();

      const paths = [
        "/",
        "/runs",
        `/runs/${runs[0]}`,
        "/models",
        `/models/${bundles[0]}`,
        "/data",
        "/jobs",
        "/edges",
        "/docs",
      ];
      for (const path of paths) {
        await page.goto(`${origin}${path}`);
        const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert.ok(tooWide as number <= 0, `${path} is ${tooWide} pixels wider than a phone`);
        const names = await page.evaluate(
          `[...document.querySelectorAll("button, a, input:not([type=hidden]), select")]
            .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.hidden)).length`,
        );
        assert.equal(names, 0, `${path} has controls without a name`);
      }
      await page.goto(`${origin}/runs/${runs[0]}`);
      const shown = await page.locator("time").first().innerText();
      assert.match(shown, /2 Jan 2026, 12:0\d/, "times are in the viewer's zone");
      assert.deepEqual(complaints, []);
    } finally {
      gate.resolve();
      await chrome.close();
    }
  },
});

/** From the first page to the jobs without touching a mouse. */
async function signInByKeyboard(page: Page, origin: string, token: string): Promise<void> {
  await page.goto(`${origin}/`);
  // The field has the focus already.
  await page.keyboard.type(token);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${origin}/`);
  await page.keyboard.press("Tab");
  const skip = await page.evaluate("document.activeElement.className");
  assert.equal(skip, "skip", "the first stop leads past the navigation");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate("location.hash"), "#main");
}
