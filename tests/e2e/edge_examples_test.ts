/**
 * The examples of `docs/edge.md`, run as they stand there.
 *
 * @module
 */
import assert from "node:assert/strict";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { fakeBundle } from "../../edge/testing/fake_worker.ts";
import { runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";

/** What runs the examples of a language, and what each of them is to say. */
const LANGUAGES = {
  sh: { command: "sh", args: ["-c"], says: [/"code":"Garden"/, /"Garden"[^\n]*\n[^\n]*"Blue"/] },
  js: { command: "node", args: ["--input-type=module", "-e"], says: [/"code":"Garden"/] },
  python: { command: "python3", args: ["-c"], says: [/"code": \["Garden", "Blue"\], "scores": 4/] },
};
const text = await Deno.readTextFile(new URL("../../docs/edge.md", import.meta.url));

async function isMissing(command: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(command, {
      args: command === "sh" ? ["-c", "curl --version"] : ["--version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return !success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}

for (const [language, { command, args, says }] of Object.entries(LANGUAGES)) {
  const missing = await isMissing(command);
  Deno.test({
    name: `docs/edge.md: its examples in ${language} work${
      missing ? ` (skipped: no ${command === "sh" ? "curl" : command} here)` : ""
    }`,
    ignore: missing,
    fn: async () => {
      await using hub = await FakeHub.start();
      await using edge = await runEdge(hub);
      await hub.release(fakeBundle(["Garden", "Blue"]));
      await until(async () => (await edge.app.request("/readyz")).ok, "the release");
      await using server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen: () => {} },
        edge.app.fetch,
      );
      const examples = [...text.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))];
      assert.equal(examples.length, says.length);
      for (const [i, [, code]] of examples.entries()) {
        const { stdout, stderr } = await new Deno.Command(command, {
          args: [...args, code!],
          env: { EDGE: `http://127.0.0.1:${server.addr.port}` },
        }).output();
        const decoder = new TextDecoder();
        assert.match(decoder.decode(stdout), says[i]!, decoder.decode(stderr));
      }
    },
  });
}
