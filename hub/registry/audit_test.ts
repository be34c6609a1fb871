import assert from "node:assert/strict";
import { registryTest } from "./registry_suite.ts";

const begun = { actor: "ann", action: "promote", target: "/path", details: { requestId: "r" } };
const entry = { ...begun, target: "shop", details: { requestId: "r", what: 1 } };

registryTest(
  "a change and the note that it is under way are one: a hub that dies before the entry tells of it",
  async ({ registry }) => {
    const dead = new Error("killed");
    await assert.rejects(
      registry.audit.during(begun, async () => {
        await registry.catalogues.ensure("shop");
        await registry.catalogues.ensure("garden");
        throw dead; // in the place of SIGKILL: nothing after the writes runs
      }),
      dead,
    );
    assert.deepEqual((await registry.audit.list()).items, []);
    assert.equal(await registry.audit.recover(), 1);
    const { items: [row] } = await registry.audit.list();
    assert.deepEqual([row?.actor, row?.action, row?.target], ["ann", "promote", "/path"]);
    assert.match(JSON.stringify(row?.details), /"requestId":"r".*unknown: the hub stopped/);
    assert.equal(await registry.audit.recover(), 0);
  },
);

registryTest(
  "a change that ends leaves its entry and no note; what writes nothing leaves neither",
  async ({ registry }) => {
    await registry.audit.during(begun, async () => {
      await registry.catalogues.ensure("shop");
      return entry;
    });
    await registry.audit.during(begun, () => Promise.resolve(null));
    await registry.audit.during(begun, () => Promise.resolve("broken"));
    await registry.audit.during(begun, async () => {
      await registry.catalogues.ensure("shop");
      return null; // it was refused after all
    });
    assert.deepEqual((await registry.audit.list()).items.map((e) => e.details), [entry.details]);
    await registry.audit.during(begun, async () => {
      await registry.catalogues.ensure("garden");
      return "broken";
    });
    const { items: [row] } = await registry.audit.list();
    assert.match(JSON.stringify(row?.details), /broke down halfway/);
    assert.equal(await registry.audit.recover(), 0);
  },
);

registryTest(
  "a transaction that fails takes its note with it, and what a change leaves running adds none",
  async ({ registry }) => {
    const later = Promise.withResolvers<void>();
    let behind: Promise<unknown> = Promise.resolve();
    await registry.audit.during(begun, async () => {
      await registry.catalogues.setSettings("none", {}).catch(() => {});
      behind = later.promise.then(() => registry.catalogues.ensure("shop"));
      return null;
    });
    later.resolve();
    await behind;
    assert.equal(await registry.audit.recover(), 0);
  },
);
