import assert from "node:assert/strict";

const CHILD = new URL("../../testing/training_child.ts", import.meta.url).pathname;

/** Runs the child in `folder`, kills it after `checkpoints` of them, and tells where it began. */
async function run(
  folder: string,
  checkpoints: number,
): Promise<{ from: number; killed: boolean }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "--cached-only", "-P=test", CHILD, folder],
    cwd: new URL("../../../", import.meta.url).pathname,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let text = "", killed = false;
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (killed || text.split("checkpoint").length <= checkpoints) continue;
    child.kill("SIGKILL");
    killed = true;
  }
  await child.status;
  return { from: Number(/from (\d+)/.exec(text)?.[1]), killed };
}

Deno.test("a training killed with SIGKILL twice and started again ends with the bits of one left alone", async () => {
  const [alone, killed] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    assert.deepEqual(await run(alone, Infinity), { from: 0, killed: false });
    const first = await run(killed, 5), second = await run(killed, 8);
    assert.ok(first.killed && second.killed && second.from >= 50, `second from ${second.from}`);
    const third = await run(killed, Infinity);
    assert.ok(!third.killed && third.from > second.from, `third from ${third.from}`);
    const read = (folder: string) => Deno.readTextFile(`${folder}/trained`);
    assert.equal(await read(killed), await read(alone));
  } finally {
    await Deno.remove(alone, { recursive: true });
    await Deno.remove(killed, { recursive: true });
  }
});
