import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

const open = () => openTestHub();

browserTest("the sign-in page and pages of errors are readable", open, async (browser) => {
  const page = await browser.open("/");
  await page.context().clearCookies();
  await page.goto(`${browser.origin}/sign-in`);
  await browser.check(page, "sign-in");
});

browserTest(
  "a dialog asks before a champion changes, a sentence tells afterwards, once; Esc is no",
  open,
  async (browser, hub) => {
    const { bundles } = await seed(hub.registry, hub.blobs);
    const champion = async () => (await hub.registry.aliases.get("demo")).champion;
    const page = await browser.open(`/models/${bundles[0]}`);
    await page.getByRole("button", { name: /^Promote/ }).click();
    await page.getByRole("dialog").waitFor();
    await browser.check(page, "dialog");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await champion(), null);
    await page.getByRole("button", { name: /^Promote/ }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("status").getByText("is the champion now").waitFor();
    assert.equal(await champion(), bundles[0]);
    await browser.check(page, "flash");
    await page.reload();
    assert.equal(await page.getByRole("status").count(), 0);
  },
);

browserTest(
  "on a phone the sections open from a button, by keyboard too",
  open,
  async (browser, hub) => {
    await seed(hub.registry, hub.blobs);
    const page = await browser.open("/", { look: "phone", language: "fr" });
    const link = page.getByRole("link", { name: "Données" });
    assert.equal(await link.isVisible(), false);
    await page.getByRole("button", { name: "Menu" }).focus();
    await page.keyboard.press("Enter");
    await link.waitFor();
    await browser.check(page, "menu-phone");
    await link.click();
    await page.waitForURL(/\/data/);
  },
);

browserTest("the language changes with a button and stays", open, async (browser, hub) => {
  await seed(hub.registry, hub.blobs);
  const page = await browser.open("/runs");
  await page.getByRole("button", { name: "Français" }).click();
  await page.locator("html[lang=fr]").waitFor();
  await page.getByRole("link", { name: "Modèles", exact: true }).click();
  await page.locator("html[lang=fr]").waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.locator("html[lang=en]").waitFor();
});

browserTest("another catalogue is chosen from the list", open, async (browser, hub) => {
  await seed(hub.registry, hub.blobs);
  await hub.registry.catalogues.ensure("other");
  const page = await browser.open("/runs?catalogue=demo");
  await page.getByLabel("Catalogue").selectOption("other");
  await page.waitForURL(/catalogue=other/);
});
