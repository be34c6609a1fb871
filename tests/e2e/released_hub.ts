/**
 * A real hub on a port of loopback, over a real data folder, that has released a small fused bundle: what operating
 * it is tested with, without a training.
 *
 * @module
 */
import assert from "node:assert/strict";
import { verify } from "@aisle/shared/bundle";
import { openFolderStore } from "../../hub/artifact/blob_store.ts";
import { hubConfig } from "../../hub/config.ts";
import { type Hub, openHub } from "../../hub/hub.ts";
import { noLog } from "../../hub/log.ts";
import { parseParams } from "../../hub/params.ts";
import { tinyFusedBundle } from "../../hub/testing/fused_bundle.ts";

/** Catalogue of the bundle. */
export const CATALOGUE = "shop";

/** Opens the hub of `dataDir` in this process, as `deno task hub` would. */
export async function openDataFolder(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Hub> {
  const yaml = await Deno.readTextFile(new URL("../../params.yaml", import.meta.url));
  return await openHub({
    config: hubConfig({ AISLE_DATA: dataDir, ...env }),
    params: parseParams(yaml),
    log: noLog,
    serves: true,
  });
}

/** Puts a fused bundle into the data folder of `hub` and releases it; its digest. */
export async function releaseTinyBundle(
  hub: Hub,
  dataDir: string,
  options: { readonly cascade?: number | null } = {},
): Promise<string> {
  const bytes = await tinyFusedBundle(options);
  const { manifest, digest } = verify(bytes, null);
  const blobs = await openFolderStore(`${dataDir}/blobs`);
  await blobs.put(bytes);
  await hub.registry.catalogues.ensure(CATALOGUE, { title: "Shop" });
  await hub.registry.labels.ensure(
    CATALOGUE,
    manifest.classes.map((code) => ({ code, name: `class ${code}` })),
  );
  await hub.registry.models.add({
    digest,
    catalogue: CATALOGUE,
    runId: null,
    dataset: null,
    sizeBytes: bytes.length,
    manifest,
  });
  const answer = await hub.app.request(`/api/v1/catalogues/${CATALOGUE}/promote`, {
    method: "POST",
    headers: { authorization: `Bearer ${hub.localToken}`, "content-type": "application/json" },
    body: JSON.stringify({ digest, force: true, why: "test" }),
  });
  assert.ok(answer.ok, await answer.text());
  return digest;
}

/** A served hub; dispose it. */
export interface ServedHub extends AsyncDisposable {
  readonly hub: Hub;
  readonly url: string;
  /** What an edge of it needs. */
  readonly edgeEnv: Readonly<Record<string, string>>;
}

/** Serves `hub` on a free port. */
export async function serve(hub: Hub): Promise<ServedHub> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => hub.app.fetch(request),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { token } = await hub.registry.tokens.create({ name: "an edge", role: "edge" });
  return {
    hub,
    url,
    edgeEnv: {
      EDGE_HUB_URL: url,
      EDGE_TOKEN: token,
      EDGE_PUBLIC_KEY: hub.publicKey,
      EDGE_CATALOGUE: CATALOGUE,
      EDGE_PORT: "0",
      EDGE_CACHE: "memory",
      EDGE_POLL_MS: "200",
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await hub[Symbol.asyncDispose]();
    },
  };
}
