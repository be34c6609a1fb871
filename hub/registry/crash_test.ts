import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withRegistry } from "./registry_suite.ts";

const CHILD = fileURLToPath(new URL("./crash_child.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** Runs the child until it has acknowledged `lines` writes, kills it as hard as can be, returns all it said. */
async function runAndKill(url: string, boot: string, lines: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `--config=${CONFIG}`, CHILD, url, boot],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "", killed = false;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += chunk;
    if (!killed && said.split("\n").length > lines) {
      child.kill("SIGKILL");
      killed = true;
    }
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", "the child must not end by itself");
  // A half line was not acknowledged.
  return said.split("\n").slice(0, -1);
}

Deno.test("kill -9 in the middle of writing loses nothing acknowledged, and no promotion is left by halves", async () => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-crash-" });
  try {
    const url = `file:${folder}/aisle.db`;
    const acknowledged: string[] = [];
    // Different counts stop the child at different points of its two loops.
    for (const [boot, lines] of [31, 58, 83].entries()) {
      acknowledged.push(...await runAndKill(url, String(boot), lines));
      await withRegistry(url, async ({ registry }) => {
        const stored = new Set<string>();
        let cursor: string | undefined;
        do {
          const page = await registry.feedback.list({ limit: 1000, cursor });
          for (const record of page.items) stored.add(record.idempotencyKey);
          cursor = page.next ?? undefined;
        } while (cursor !== undefined);
        const keys = acknowledged.filter((l) => l.startsWith("feedback ")).map((l) => l.slice(9));
        assert.ok(keys.length > 0);
        assert.deepEqual(
          keys.filter((key) => !stored.has(key)),
          [],
          "acknowledged feedback is there",
        );

        const state = await registry.aliases.get("shop");
        const history = await registry.aliases.history("shop");
        const releases = await registry.releases.list("shop");
        const promoted = acknowledged.filter((l) => l.startsWith("promoted ")).length;
        assert.ok(promoted > 0 && state.revision >= promoted);
        assert.equal(history.length, state.revision);
        assert.equal(releases.length, state.revision, "each promotion has its release");
        assert.equal(history[0]?.champion, state.champion);
        assert.equal(releases[0]?.digest, state.champion);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
