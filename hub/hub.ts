/**
 * Puts a hub together: opens what lasts, and gives it one API. The composition root of the hub's processes.
 *
 * @module
 */
import { createHubApp } from "./api/app.ts";
import { openFolderStore } from "./artifact/blob_store.ts";
import { openReleaseKey } from "./artifact/release_key.ts";
import { ProductBrowser } from "./browse/product_browser.ts";
import type { HubConfig } from "./config.ts";
import { mountDashboard } from "./dashboard/mod.ts";
import { openDatabase } from "./db/database.ts";
import type { Log } from "./log.ts";
import { mountMlflow } from "./mlflow/mod.ts";
import type { Params } from "./params.ts";
import { CodeVersions } from "./pipeline/code_version.ts";
import { createSigner, Releaser } from "./pipeline/releases.ts";
import { createRegistry } from "./registry/create_registry.ts";
import type { Registry } from "./registry/registry.ts";
import { createHandlers } from "./scheduler/job_handlers.ts";
import { JobRunner } from "./scheduler/job_runner.ts";
import { createTrialHost } from "./trial/mod.ts";
import { WebhookSender } from "./watch/webhook_sender.ts";
import { Watcher } from "./watch/watcher.ts";
import { createUpkeep } from "./upkeep/upkeep.ts";
import { refuseHalfRestored } from "./upkeep/restore_mark.ts";

/** The version that hub and edges state. */
export const VERSION = "0.1.0";

/** Options of {@linkcode openHub}. */
export interface OpenHubOptions {
  readonly config: HubConfig;
  readonly params: Params;
  readonly log: Log;
  /** Whether it works off the queue, as a serving hub does; a one-shot command runs its own jobs alone. */
  readonly serves: boolean;
  /** Aborted when the hub stops. */
  readonly stopping?: AbortSignal | undefined;
}

/** An open hub; dispose it when done. */
export interface Hub extends AsyncDisposable {
  readonly app: { fetch(request: Request): Response | Promise<Response>; request: HubRequest };
  readonly registry: Registry;
  readonly jobs: JobRunner;
  readonly watcher: Watcher;
  readonly webhooks: WebhookSender;
  /** Ed25519 public key that edges pin, base64. */
  readonly publicKey: string;
  /** Admin token that is valid for this opening only. */
  readonly localToken: string;
}

/** Sends a request to the app without a socket. */
export type HubRequest = (path: string, init?: RequestInit) => Response | Promise<Response>;

/** Opens the data folder's database, blobs and keys and builds the app. The caller holds the lock. */
export async function openHub(options: OpenHubOptions): Promise<Hub> {
  const { config, params, log, serves } = options;
  const { dataDir } = config;
  await refuseHalfRestored(dataDir);
  for (const folder of ["blobs", "checkpoints", "keys", "processed", "raw"]) {
    await Deno.mkdir(`${dataDir}/${folder}`, { recursive: true });
  }
  const database = await openDatabase({ url: config.databaseUrl, authToken: config.databaseToken });
  const registry = createRegistry(database, { now: Date.now, newId: () => crypto.randomUUID() });
  const blobs = await openFolderStore(`${dataDir}/blobs`);
  const key = await openReleaseKey(`${dataDir}/keys/release.pkcs8`);
  const signer = createSigner(key);
  const releaser = new Releaser(registry, signer);
  const localToken = crypto.randomUUID() + crypto.randomUUID();
  const jobs = new JobRunner({
    registry,
    log,
    takesQueue: serves,
    // A file belongs to who holds the lock on its folder; a server may have other hubs.
    alone: config.databaseUrl.startsWith("file:"),
    random: Math.random,
    handlers: createHandlers({
      registry,
      blobs,
      params,
      dataDir,
      signer,
      codeVersions: new CodeVersions(),
      nowMs: () => performance.now(),
      simulateEdges: config.simulateEdges,
      upkeep: createUpkeep({
        database,
        dataDir,
        databaseUrl: config.databaseUrl,
        version: VERSION,
        backupDir: config.backupDir,
        passphraseFile: config.backupPassphraseFile,
        keep: params.backup.keep,
        retention: params.gc,
        now: Date.now,
      }),
      now: Date.now,
    }),
  });
  await registry.telemetry.adopt();
  await jobs.recover();
  await registry.audit.recover();
  const trial = createTrialHost((digest) => blobs.bytes(digest));
  const watcher = new Watcher({ registry, blobs, params, log, now: Date.now });
  const products = new ProductBrowser((blob) => blobs.open(blob));
  const webhooks = new WebhookSender({
    registry,
    allowed: config.webhookHosts,
    log,
    now: Date.now,
    random: Math.random,
  });
  const app = createHubApp({
    registry,
    blobs,
    jobs,
    trial,
    verbs: releaser,
    monitor: watcher,
    products,
    webhookHosts: config.webhookHosts,
    params,
    publicKey: key.publicKey,
    version: VERSION,
    localToken,
    log,
    stopping: options.stopping,
    now: Date.now,
  });
  mountMlflow(app);
  mountDashboard(app);
  return {
    app,
    registry,
    jobs,
    watcher,
    webhooks,
    publicKey: key.publicKey,
    localToken,
    async [Symbol.asyncDispose]() {
      watcher[Symbol.dispose]();
      await webhooks[Symbol.asyncDispose]();
      trial[Symbol.dispose]();
      await jobs[Symbol.asyncDispose]();
      await products[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
