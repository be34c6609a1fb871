import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "@aisle/shared/errors";
import { registryTest } from "./registry_suite.ts";

const hasCode = (code: string) => (error: unknown) =>
  error instanceof AppError && error.code === code;

registryTest(
  "ensure() adds what is not there, renames nothing and makes one version at most",
  async ({ registry }) => {
    assert.deepEqual(await registry.labels.list("shop"), { version: 0, labels: [] });
    const first = await registry.labels.ensure("shop", [
      { code: "60", name: "Consoles" },
      { code: "0060", name: "Other consoles" },
      { code: "60", name: "Twice" },
    ]);
    assert.equal(first.version, 1);
    assert.deepEqual(first.labels, [
      { code: "0060", name: "Other consoles", state: "active", mergedInto: null },
      { code: "60", name: "Consoles", state: "active", mergedInto: null },
    ]);
    const second = await registry.labels.ensure("shop", [{ code: "60", name: "Renamed?" }]);
    assert.deepEqual(second, first);
  },
);

registryTest("ensure() takes thousands of labels", async ({ registry }) => {
  const entries = Array.from({ length: 2500 }, (_, i) => ({ code: `c${i}`, name: `n${i}` }));
  const { version, labels } = await registry.labels.ensure("shop", entries);
  assert.deepEqual([version, labels.length], [1, 2500]);
  assert.equal((await registry.labels.history("shop")).length, 2500);
});

registryTest("every change makes a version and stays in the history", async ({ registry }) => {
  await registry.labels.add("shop", { code: "1", name: "One" }, "ann");
  await registry.labels.add("shop", { code: "2", name: "Two" }, "ann");
  await registry.labels.rename("shop", "2", "Zwei", "bob");
  const { version, labels } = await registry.labels.merge("shop", "1", "2", "ann");
  assert.equal(version, 4);
  assert.deepEqual(labels, [
    { code: "1", name: "One", state: "merged", mergedInto: "2" },
    { code: "2", name: "Zwei", state: "active", mergedInto: null },
  ]);
  assert.equal((await registry.labels.rename("shop", "2", "Zwei")).version, 4, "no change");
  assert.deepEqual(
    (await registry.labels.history("shop")).map((
      h,
    ) => [h.version, h.action, h.code, h.value, h.by]),
    [
      [4, "merge", "1", "2", "ann"],
      [3, "rename", "2", "Zwei", "bob"],
      [2, "add", "2", "Two", "ann"],
      [1, "add", "1", "One", "ann"],
    ],
  );
});

registryTest("what cannot be changed is refused with its code", async ({ registry }) => {
  await registry.labels.ensure("shop", ["1", "2", "3"].map((code) => ({ code, name: code })));
  await assert.rejects(registry.labels.add("shop", { code: "1", name: "x" }), hasCode("conflict"));
  await assert.rejects(registry.labels.rename("shop", "9", "x"), hasCode("unknown-code"));
  await assert.rejects(registry.labels.merge("shop", "9", "1"), hasCode("unknown-code"));
  await assert.rejects(registry.labels.merge("shop", "1", "9"), hasCode("unknown-code"));
  await assert.rejects(registry.labels.merge("shop", "1", "1"), hasCode("conflict"));
  await registry.labels.merge("shop", "1", "2");
  await assert.rejects(registry.labels.merge("shop", "1", "3"), hasCode("conflict"));
  await assert.rejects(registry.labels.merge("shop", "3", "1"), hasCode("conflict"));
  assert.equal((await registry.labels.list("shop")).version, 2);
});

registryTest("whatever is merged, every code counts as an active one", async ({ registry }) => {
  const codes = ["a", "b", "c", "d", "e"];
  let catalogue = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...codes), fc.constantFrom(...codes)), { maxLength: 6 }),
      async (merges) => {
        const name = `c${++catalogue}`;
        await registry.labels.ensure(name, codes.map((code) => ({ code, name: code })));
        for (const [from, into] of merges) {
          await registry.labels.merge(name, from, into)
            .catch((error) => assert.ok(hasCode("conflict")(error)));
        }
        const { labels } = await registry.labels.list(name);
        const active = new Set(labels.filter((l) => l.state === "active").map((l) => l.code));
        assert.ok(active.size > 0);
        for (const code of codes) {
          const resolved = await registry.labels.resolve(name, code);
          assert.ok(resolved !== null && active.has(resolved), `${code} counts as ${resolved}`);
        }
        assert.equal(await registry.labels.resolve(name, "f"), null);
      },
    ),
    { numRuns: 15 },
  );
});
