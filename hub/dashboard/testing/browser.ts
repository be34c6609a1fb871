/**
 * The dashboard in Debian's Chromium, for tests: signed-in pages in each look, checked and photographed.
 *
 * A test is written once and ignored, by name, where the machine has no browser. Pictures go to the folder that
 * `AISLE_SCREENSHOTS` names, so that somebody can look at them; without it none are taken.
 *
 * @module
 */
import assert from "node:assert/strict";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Language } from "../language.ts";
import { mountDashboard } from "../mod.ts";
import type { TestHub } from "../../testing/test_hub.ts";

export type { Page };

/** How a page is looked at. */
const LOOKS: Readonly<Record<Look, BrowserContextOptions>> = {
  light: { viewport: { width: 1280, height: 900 } },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true },
};
/** One of the looks that every page is tested in. */
export type Look = "light" | "dark" | "phone";

/** Who looks at a page, and how. */
export interface View {
  readonly role?: "admin" | "operator" | "reviewer" | "viewer" | undefined;
  readonly look?: Look | undefined;
  readonly language?: Language | undefined;
}

/** A hub's dashboard in a browser. */
export interface DashboardBrowser {
  readonly origin: string;
  /** Opens `path` signed in (an operator, light, English unless `view` says otherwise). */
  open(path: string, view?: View): Promise<Page>;
  /** Fails where the page is too wide, breaks its policy, threw, or is hard for screen readers; takes a picture. */
  check(page: Page, name: string): Promise<void>;
  /** {@linkcode open} and {@linkcode check} in every look and language. */
  checkAll(path: string, name: string, view?: View): Promise<void>;
}

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is; null where there is none. `CHROMIUM` names another place. */
export function chromiumPath(): string | null {
  for (const path of [Deno.env.get("CHROMIUM") ?? "", ...PLACES]) {
    try {
      if (path !== "" && Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/**
 * A test in the browser. `open` makes the hub (its dashboard is mounted here), which lives as long as the test.
 */
export function browserTest(
  name: string,
  open: () => Promise<TestHub>,
  test: (browser: DashboardBrowser, hub: TestHub) => Promise<void>,
): void {
  const path = chromiumPath();
  Deno.test({
    name: path === null ? `${name} (ignored: no Chromium on this machine)` : name,
    ignore: path === null,
    // The browser's own connections close when they will.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using hub = await open();
      mountDashboard(hub.app);
      await using server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen: () => {} },
        hub.app.fetch,
      );
      const chrome = await chromium.launch({
        executablePath: path!,
        args: [
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-background-networking",
        ],
      });
      try {
        await test(dashboardIn(chrome, hub, `http://127.0.0.1:${server.addr.port}`), hub);
      } finally {
        await chrome.close();
      }
    },
  });
}

function dashboardIn(chrome: Browser, hub: TestHub, origin: string): DashboardBrowser {
  const complaints = new WeakMap<Page, string[]>();
  const open = async (path: string, view: View = {}): Promise<Page> => {
    const { role = "operator", look = "light", language = "en" } = view;
    const context = await chrome.newContext({
      ...LOOKS[look],
      locale: language === "en" ? "en-GB" : "fr-FR",
      timezoneId: "Europe/Paris",
      reducedMotion: "reduce",
    });
    await context.addCookies([await signIn(hub, origin, role)]);
    const page = await context.newPage(), said: string[] = [];
    complaints.set(page, said);
    page.on("pageerror", (error) => said.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") said.push(message.text());
    });
    await page.goto(origin + path);
    return page;
  };
  const check = async (page: Page, name: string): Promise<void> => {
    await keepPicture(page, name);
    const wide = await page.evaluate(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth",
    );
    assert.ok((wide as number) <= 0, `${name} is ${wide} pixels wider than its window`);
    assert.deepEqual(await faults(page), [], `${name}: axe-core`);
    assert.deepEqual(complaints.get(page) ?? [], [], `${name}: the browser complained`);
  };
  return {
    origin,
    open,
    check,
    async checkAll(path, name, view = {}) {
      for (const look of ["light", "dark", "phone"] as const) {
        const language = look === "light" ? "en" : "fr";
        const page = await open(path, { ...view, look, language });
        await check(page, `${name}-${look}`);
        await page.context().close();
      }
    },
  };
}

/** The cookie of a session, by the form of the sign-in page. */
async function signIn(
  hub: TestHub,
  url: string,
  role: "admin" | "operator" | "reviewer" | "viewer",
) {
  const response = await hub.app.request("/ui/sign-in", {
    method: "POST",
    body: new URLSearchParams({ token: hub.tokens[role] }).toString(),
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
    },
  });
  const [pair = ""] = (response.headers.get("set-cookie") ?? "").split(";");
  const [name = "", value = ""] = pair.split("=");
  return { name, value, url };
}

/** What axe-core finds serious or critical; evaluated by the debugger, so that the page's own policy stays on. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
  }).then(({ violations }) => violations
    .filter((v) => v.impact === "serious" || v.impact === "critical")
    .map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160)).join(" | ")))`);
  return found as string[];
}

/** A picture of the whole page, where somebody asked for pictures. */
async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("AISLE_SCREENSHOTS");
  if (folder === undefined || folder === "") return;
  await Deno.mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
