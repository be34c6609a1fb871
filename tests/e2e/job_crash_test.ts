import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { withRegistry } from "../../hub/registry/registry_suite.ts";

const CHILD = fileURLToPath(new URL("./job_crash_child.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
/** Deaths tried at the same time. */
const LANES = 2;

interface Boot {
  readonly lines: readonly string[];
  readonly signal: string | null;
}

async function boot(url: string, point = "", phase = ""): Promise<Boot> {
  const { stdout, signal, code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", `--config=${CONFIG}`, CHILD, url, point, phase],
    stdin: "null",
    stderr: "inherit",
  }).output();
  assert.ok(signal === "SIGKILL" || code === 0, `the child ended with ${signal ?? code}`);
  return { lines: new TextDecoder().decode(stdout).split("\n").slice(0, -1), signal };
}

/** What must hold however often the hub died: every job ended as it must, once, and its effects are there once. */
async function check(url: string): Promise<void> {
  await withRegistry(url, async ({ registry }) => {
    const { items } = await registry.jobs.list();
    assert.deepEqual(
      items.map((job) => `${job.kind} ${job.state}`).sort(),
      ["inspect succeeded", "retrain succeeded", "split succeeded", "tune cancelled"],
    );
    const history = await registry.aliases.history("shop");
    assert.equal(history.length, 1, "promoted once");
    assert.equal((await registry.releases.list("shop")).length, 1);
    const schedule = (await registry.schedules.get("nightly"))!;
    assert.equal(schedule.lastJobId, items.find((job) => job.kind === "split")!.id);
    assert.equal(schedule.nextRunAt, "2026-03-30T00:30:00.000Z");
  });
}

Deno.test("kill -9 right before or after any write of queue and clock: no job is lost, none done runs again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-job-crash-" });
  try {
    const whole = await boot(`file:${folder}/whole.db`);
    assert.equal(whole.lines.at(-1), "all ended");
    await check(`file:${folder}/whole.db`);
    // A claim, an end and a start move one job the first time and another the second.
    const named = /^write (\S+ 1|jobs\.(claim|finish|enqueue) 2)$/;
    const points = [...new Set(whole.lines.filter((l) => named.test(l)).map((l) => l.slice(6)))];
    for (
      const state of ["jobs.claim", "jobs.finish", "jobs.retry", "jobs.enqueue", "schedules.fire"]
    ) {
      assert.ok(points.includes(`${state} 1`), `${state} is one of ${points.join(", ")}`);
    }
    const deaths = points.flatMap((point) =>
      ["before", "after"].map((phase) => ({ point, phase }))
    );
    const survive = async () => {
      for (let death; (death = deaths.shift()) !== undefined;) {
        const { point, phase } = death;
        const url = `file:${folder}/${phase}-${point.replaceAll(/\W/g, "-")}.db`;
        const died = await boot(url, point, phase);
        assert.equal(died.signal, "SIGKILL", `${phase} ${point}: the child must die there`);
        const after = await boot(url);
        assert.equal(after.lines.at(-1), "all ended", `${phase} ${point}`);
        const done = after.lines.filter((l) => l.startsWith("ended ")).map((l) => l.slice(6));
        for (const kind of done) {
          assert.ok(!after.lines.includes(`began ${kind}`), `${phase} ${point}: ${kind} ran twice`);
        }
        await check(url);
      }
    };
    await Promise.all(Array.from({ length: LANES }, survive));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
