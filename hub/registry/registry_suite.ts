/**
 * Runs a test of the registry on every kind of database: an embedded file and a libSQL server.
 *
 * The server is the real one (`hub/db/testing/libsql_server.ts`). Without it the test is skipped and says why.
 *
 * @module
 */
import { type Database, openDatabase } from "../db/database.ts";
import { NO_SERVER, startServer } from "../db/testing/libsql_server.ts";
import { createRegistry } from "./create_registry.ts";
import type { Registry } from "./registry.ts";

/** A registry under test. */
export interface Setup {
  readonly registry: Registry;
  readonly database: Database;
  /** Time that the registry sees; set it to move on. */
  readonly clock: { nowMs: number };
}

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
    name: `${name} [libSQL server${NO_SERVER}]`,
    ignore: NO_SERVER !== "",
    fn: async () => {
      await using server = await startServer();
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
