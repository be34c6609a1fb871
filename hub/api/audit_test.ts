import assert from "node:assert/strict";
import { seed } from "../testing/seed.ts";
import { openTestHub, type TestHub } from "../testing/test_hub.ts";
import { toldOf } from "./audit_changes.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { accessOf } from "./roles.ts";

/** POSTs that change nothing, or only who looks at what. */
const READS = new Set(["try-product", "next-review"]);
/** Changes that the seeded hub takes as their examples ask; the others are refused there, and leave no row. */
const TAKEN = [
  "add-label",
  "create-token",
  "ensure-catalogue",
  "promote",
  "put-blob",
  "set-settings",
  "set-schedule",
  "start-job",
  "start-train",
  "switch-schedule",
  "remove-schedule",
];

const rowsOf = async (hub: TestHub) => (await hub.registry.audit.list({ limit: 1000 })).items;

Deno.test("each change of the API, asked as its example asks, leaves one row, and none where it is refused", async () => {
  await using hub = await openTestHub();
  const { bundles } = await seed(hub.registry, hub.blobs);
  const { record } = await hub.registry.tokens.create({ name: "other", role: "viewer" });
  const taken: string[] = [], wrong: string[] = [];
  for (const e of ENDPOINTS) {
    if (e.method === "get" || accessOf(e.method, e.path) === "edge" || READS.has(e.id)) continue;
    const id = e.path.includes("/tokens/") ? record.id : "nightly-demo";
    const path = e.path.replace("{catalogue}", "demo").replace("{id}", id)
      .replace(/\{digest\}|\{\w+\}/, bundles[0]!);
    const example = e.id === "promote" ? { digest: bundles[0], why: "test" } : e.body?.example;
    const before = (await rowsOf(hub)).length;
    const response = await hub.send("admin", e.method.toUpperCase(), path, {
      ...(example === undefined ? {} : { json: example }),
    });
    const answer = await response.text();
    if (response.status >= 500) wrong.push(`${e.id}: ${response.status} ${answer}`);
    const rows = (await rowsOf(hub)).slice(0, -before || undefined);
    const expected = response.status < 400 ? 1 : 0;
    if (rows.length !== expected) wrong.push(`${e.id}: ${response.status}, ${rows.length} rows`);
    if (expected === 0) continue;
    taken.push(e.id);
    const [row] = rows, told = JSON.stringify(rows);
    if (row?.actor !== "the admin" || !row.target) wrong.push(`${e.id}: ${told}`);
    const secret = /"token":"([^"]+)"/.exec(answer)?.[1] ?? /"secret":"([^"]+)"/.exec(answer)?.[1];
    if (secret !== undefined && told.includes(secret)) wrong.push(`${e.id} tells its secret`);
  }
  assert.deepEqual(wrong, []);
  assert.deepEqual(TAKEN.filter((id) => !taken.includes(id)), []);
});

Deno.test("what is told of a change has no secret, whatever it is in, and an end", () => {
  const asked = {
    name: "n",
    webhook: [{ secret: "s3", url: "u" }],
    apiToken: "s3",
    Password: "s3",
  };
  const told = JSON.stringify(toldOf(asked));
  assert.ok(!told.includes("s3") && told.includes('"url":"u"'), told);
  const long = toldOf({ text: "x".repeat(100_000) }) as { cut: string; chars: number };
  assert.deepEqual([long.cut.length, long.chars > 100_000], [4_000, true]);
  assert.equal(toldOf(undefined), null);
});
