import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { chromiumPath, startBrowser } from "./browser.ts";
import { type FusedEdge, goldenPicture, startFusedEdge } from "./fused_edge.ts";

const chromium = chromiumPath();
const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  desktop: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  phone_dark: {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    colorScheme: "dark",
  },
};

/** Opens the page; whatever the browser complains of fails the test. */
async function openPage(
  browser: Browser,
  edge: FusedEdge,
  look: string,
  language = "en",
): Promise<{ page: Page; errors: string[] }> {
  const page = await (await browser.newContext(LOOKS[look]!)).newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(edge.url)) errors.push(`asked elsewhere: ${request.url()}`);
  });
  await page.goto(`${edge.url}/?lang=${language}`);
  await page.locator("#state[data-ok=true]").waitFor();
  return { page, errors };
}

const overflow = (page: Page) =>
  page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  ) as Promise<number>;

/** Screenshots go to `PAGES_OUT` if that is set. */
async function keepScreen(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("PAGES_OUT");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** What the canvas shows, as one text. */
const drawn = (page: Page, id: string) =>
  page.evaluate(`document.getElementById("${id}").toDataURL()`) as Promise<string>;

/** Hands the page a picture as a drop or a paste brings it. */
async function hand(page: Page, way: "drop" | "paste", bytes: Uint8Array): Promise<void> {
  await page.evaluate(`{
    const bytes = Uint8Array.fromBase64(${JSON.stringify(bytes.toBase64())});
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "picture.png", { type: "image/png" }));
    const event = ${
    way === "drop"
      ? `new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer })`
      : `new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: transfer })`
  };
    document.body.dispatchEvent(event);
  }`);
}

Deno.test({
  name: chromium === null
    ? "the try-it page in a real Chromium (skipped: there is none on this machine)"
    : "the try-it page takes pictures, shows why and is corrected, in a real Chromium",
  ignore: chromium === null,
  // Playwright keeps pipes to the browser that close after it.
  sanitizeOps: false,
  sanitizeResources: false,
}, async (t) => {
  await using edge = await startFusedEdge();
  const browser = await startBrowser(chromium!);
  const picture = {
    name: "photo.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from(await goldenPicture("444.jpg")),
  };
  try {
    for (const look of Object.keys(LOOKS)) {
      await t.step(`${look}: choose, classify, see why, correct in one click`, async () => {
        const language = look.startsWith("phone") ? "fr" : "en";
        const { page, errors } = await openPage(browser, edge, look, language);
        await page.locator("#designation").fill("Le petit prince bleu");
        await page.locator("#image").setInputFiles(picture);
        await page.locator("#preview").waitFor();
        await page.locator("#product button[type=submit]").click();
        await page.locator("#why").waitFor();
        assert.ok(await page.locator("#words li").count() > 2);
        assert.ok(await page.locator("#read-designation mark").count() > 2);
        assert.match(
          await page.locator("#rests-on").textContent() ?? "",
          language === "fr" ? /texte et l’image/ : /text and picture/,
        );
        const warm = await drawn(page, "heat");
        await page.locator("#heat-shown").uncheck();
        assert.notEqual(await drawn(page, "heat"), warm);
        await page.locator("#heat-shown").check();
        assert.equal(await drawn(page, "heat"), warm);
        assert.ok(await overflow(page) <= 0, `wider than a ${look} window`);
        assert.equal(await page.locator(".camera").isVisible(), false, "one picture at a time");
        await keepScreen(page, `${look}_try_picture`);
        const before = edge.hub.feedback.size;
        await page.locator("#right").click();
        await page.locator("#thanks").getByText(/\w/).waitFor();
        assert.equal(edge.hub.feedback.size, before + 1);
        assert.notEqual([...edge.hub.feedback.values()].at(-1)?.product?.picture, undefined);
        assert.deepEqual(errors, []);
        await page.context().close();
      });
    }
    await t.step("the API page shows how to send a picture, and fits a phone", async () => {
      const { page, errors } = await openPage(browser, edge, "phone");
      await page.goto(`${edge.url}/docs`);
      await page.getByText("-F 'image=@picture.jpg'").first().waitFor();
      assert.ok(await overflow(page) <= 0);
      await keepScreen(page, "phone_docs");
      assert.deepEqual(errors, []);
      await page.context().close();
    });
    await t.step("a picture alone, dropped or pasted, by keyboard; and removed again", async () => {
      const { page, errors } = await openPage(browser, edge, "desktop");
      const bytes = await goldenPicture("alpha.png");
      for (const way of ["drop", "paste"] as const) {
        await hand(page, way, bytes);
        await page.locator("#preview").waitFor();
        await page.locator("#designation").focus();
        await page.keyboard.press("Enter");
        await page.locator("#rests-on").getByText("Read from the picture.").waitFor();
        await page.locator("#remove").click();
        assert.equal(await page.locator("#previewed").isVisible(), false);
        assert.equal(await page.locator("#result").isVisible(), false, "it was of the picture");
      }
      await page.locator("#product button[type=submit]").click();
      await page.locator("#problem").getByText("a picture").waitFor();
      assert.deepEqual(errors, []);
      await page.context().close();
    });
    await t.step("a large photograph is made smaller; what is no picture is told", async () => {
      const { page, errors } = await openPage(browser, edge, "phone");
      assert.equal(await page.locator(".camera").isVisible(), true);
      await page.evaluate(`(async () => {
        const canvas = new OffscreenCanvas(3000, 1000);
        canvas.getContext("2d").fillRect(0, 0, 900, 900);
        const blob = await canvas.convertToBlob({ type: "image/png" });
        const transfer = new DataTransfer();
        transfer.items.add(new File([blob], "large.png", { type: "image/png" }));
        const input = document.getElementById("camera");
        input.files = transfer.files;
        input.dispatchEvent(new Event("change"));
      })()`);
      await page.locator("#preview").waitFor();
      const sent = page.waitForRequest((request) => request.url().endsWith("/v1/predict"));
      await page.locator("#product button[type=submit]").click();
      const length = Number(await (await sent).headerValue("content-length"));
      assert.ok(length > 0 && length < 50_000, `${length} bytes`);
      await page.locator("#rests-on").getByText("Read from the picture.").waitFor();
      await page.locator("#remove").click();
      await page.locator("#image").setInputFiles({
        ...picture,
        buffer: Buffer.from("no picture"),
      });
      await page.locator("#problem").getByText("That is no picture").waitFor();
      assert.deepEqual(errors, []);
      await page.context().close();
    });
  } finally {
    await browser.close();
  }
});
