/**
 * A hub that writes without end and says what was acknowledged, for tests that kill it.
 *
 * Prints `feedback KEY` when a record is stored and `promoted REVISION` when a promotion is through.
 *
 * @module
 */
import { openDatabase } from "../db/database.ts";
import { createRegistry } from "./create_registry.ts";
import type { Registry } from "./registry.ts";
import { addBundles, digestOf, fakeSign } from "./registry_suite.ts";

const BUNDLES = [digestOf("a"), digestOf("b")];

async function say(line: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let n = 0; n < bytes.length;) n += await Deno.stdout.write(bytes.subarray(n));
}

async function collect(registry: Registry, boot: string): Promise<void> {
  for (let i = 0;; i++) {
    const key = `${boot}-${i}`;
    await registry.feedback.store({
      idempotencyKey: key,
      edgeId: "edge",
      catalogue: "shop",
      requestId: null,
      product: { designation: key, description: "", productid: "", imageid: "" },
      code: "10",
      predicted: null,
      source: "test",
      at: new Date().toISOString(),
    });
    await say(`feedback ${key}`);
  }
}

async function release(registry: Registry, boot: string): Promise<void> {
  for (;;) {
    const { revision, champion } = await registry.aliases.get("shop");
    const { aliases } = await registry.aliases.promote({
      catalogue: "shop",
      digest: BUNDLES.find((digest) => digest !== champion)!,
      expectedRevision: revision,
      by: boot,
      why: "test",
      sign: fakeSign,
    });
    await say(`promoted ${aliases.revision}`);
  }
}

if (import.meta.main) {
  const [url = "", boot = ""] = Deno.args;
  const registry = createRegistry(await openDatabase({ url }), {
    now: Date.now,
    newId: () => crypto.randomUUID(),
  });
  await registry.labels.ensure("shop", [{ code: "10", name: "Ten" }]);
  await addBundles(registry, "shop", BUNDLES);
  await Promise.all([collect(registry, boot), release(registry, boot)]);
}
