/**
 * A real Chromium for the tests of the pages; null, with a reason to tell, where the machine has none.
 *
 * @module
 */
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is, or null. `CHROMIUM` names another place. */
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

/** Starts the browser that {@linkcode chromiumPath} found; it asks nobody outside this machine. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
