import assert from "node:assert/strict";
import { openTestHub } from "../testing/test_hub.ts";
import { browserTest } from "./testing/browser.ts";

browserTest(
  "an admin makes a token, sees its secret once, revokes it and finds all of it in the audit",
  () => openTestHub(),
  async (browser, hub) => {
    await hub.registry.catalogues.ensure("demo");
    await hub.registry.tokens.create({
      name: "old camera",
      role: "edge",
      expiresAt: "2026-06-01T00:00:00.000Z",
    });
    await browser.checkAll("/access", "access", { role: "admin" });
    const page = await browser.open("/access", { role: "admin" });
    await page.getByLabel("Name").fill("till 3");
    await page.getByLabel("Role").selectOption("viewer");
    await page.getByRole("button", { name: "Make it" }).click();
    const secret = await page.getByRole("status").locator("pre").textContent();
    assert.equal((await hub.registry.tokens.verify(secret!))?.name, "till 3");
    await browser.check(page, "access-secret");
    await page.reload();
    assert.equal(await page.getByText(secret!).count(), 0);
    await page.getByRole("button", { name: "Revoke till 3" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
    await page.getByRole("status").getByText("till 3 is revoked").waitFor();
    assert.equal(await hub.registry.tokens.verify(secret!), null);
    await page.getByRole("link", { name: "revoke-token" }).click();
    await page.waitForURL(/action=revoke-token/);
    assert.equal(await page.locator("#audit tbody tr").count(), 1);
    await page.locator("#audit details summary").click();
    await browser.check(page, "access-audit");
  },
);
