/**
 * A whole hub for tests of its doors: a real registry over a throw-away database, blobs in memory, real job runner
 * and releaser; only what jobs do is made up.
 *
 * @module
 */
import { importPrivateKey } from "@aisle/shared/bundle";
import { createMemoryStore } from "../artifact/blob_store.ts";
import { mountMlflow } from "../mlflow/mod.ts";
import { type Database, openDatabase } from "../db/database.ts";
import { noLog } from "../log.ts";
import { type Params, parseParams } from "../params.ts";
import { createSigner, Releaser } from "../pipeline/releases.ts";
import { createRegistry } from "../registry/create_registry.ts";
import type { Registry } from "../registry/registry.ts";
import type { Role } from "../registry/tokens.ts";
import { type JobHandler, JobRunner } from "../scheduler/job_runner.ts";
import { Watcher } from "../watch/watcher.ts";
import { createTrialHost } from "../trial/mod.ts";
import { ProductBrowser } from "../browse/product_browser.ts";
import { createHubApp } from "../api/app.ts";
import type { HubApp } from "../api/context.ts";
import { type BlobsPort, HUB_JOB_KINDS, JOB_KINDS, type VerbsPort } from "../api/ports.ts";

/** The token that stands for the hub's own command line. */
export const LOCAL_TOKEN = "local-token-of-this-test-0123456789";

/** A hub under test. */
export interface TestHub extends AsyncDisposable {
  readonly app: HubApp;
  readonly database: Database;
  readonly registry: Registry;
  readonly blobs: ReturnType<typeof createMemoryStore>;
  readonly jobs: JobRunner;
  readonly verbs: VerbsPort;
  readonly params: Params;
  readonly publicKey: string;
  /** Tokens of people and edges, by role. */
  readonly tokens: Readonly<Record<Role, string>>;
  /** Moves the clock. */
  advance(ms: number): void;
  /** Sends a request with the token of `role` (none for null); an object as `json` is the body. */
  send(
    role: Role | null,
    method: string,
    path: string,
    options?: { readonly json?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Response>;
}

/** Options of {@linkcode openTestHub}. */
export interface TestHubOptions {
  /** What jobs do; nothing when absent. */
  readonly handler?: JobHandler;
  readonly maxBlobBytes?: number;
  /** Aborted when the hub stops. */
  readonly stopping?: AbortSignal;
  /** Takes the place of the blobs' interface that the app sees. */
  readonly wrapBlobs?: (blobs: BlobsPort) => BlobsPort;
}

/** Opens a hub under test; dispose it. */
export async function openTestHub(options: TestHubOptions = {}): Promise<TestHub> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-doors-" });
  const database = await openDatabase({ url: `file:${folder}/hub.db` });
  let nowMs = Date.parse("2026-01-02T03:04:05Z"), ids = 0;
  const now = () => nowMs++;
  const registry = createRegistry(database, { now, newId: () => `id-${++ids}` });
  const blobs = createMemoryStore();
  const params = parseParams(
    await Deno.readTextFile(new URL("../../params.yaml", import.meta.url)),
  );
  const pair = await crypto.subtle.generateKey("Ed25519", true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const key = await importPrivateKey(
    new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
  );
  const handler: JobHandler = options.handler ?? (() => Promise.resolve({ done: true }));
  const jobs = new JobRunner({
    registry,
    log: noLog,
    takesQueue: true,
    alone: true,
    random: () => 0,
    handlers: Object.fromEntries([...JOB_KINDS, ...HUB_JOB_KINDS].map((kind) => [kind, handler])),
  });
  const verbs = new Releaser(registry, createSigner(key));
  const trial = createTrialHost((digest) => blobs.bytes(digest));
  const products = new ProductBrowser((blob) => blobs.open(blob));
  const app = createHubApp({
    products,
    registry,
    trial,
    blobs: options.wrapBlobs?.(blobs) ?? blobs,
    jobs,
    verbs,
    monitor: new Watcher({ registry, blobs, params, log: noLog, now }),
    params,
    publicKey: key.publicKey,
    version: "0.0.0-test",
    localToken: LOCAL_TOKEN,
    now,
    maxBlobBytes: options.maxBlobBytes,
    stopping: options.stopping,
  });
  mountMlflow(app);
  const tokens = {} as Record<Role, string>;
  for (const role of ["admin", "operator", "reviewer", "viewer", "edge"] as const) {
    tokens[role] = (await registry.tokens.create({ name: `the ${role}`, role })).token;
  }
  return {
    app,
    database,
    registry,
    blobs,
    jobs,
    verbs,
    params,
    publicKey: key.publicKey,
    tokens,
    advance(ms) {
      nowMs += ms;
    },
    async send(role, method, path, { json, headers = {} } = {}) {
      return await app.request(path, {
        method,
        headers: {
          ...(role === null ? {} : { authorization: `Bearer ${tokens[role]}` }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      });
    },
    async [Symbol.asyncDispose]() {
      trial[Symbol.dispose]();
      await jobs[Symbol.asyncDispose]();
      await products[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
