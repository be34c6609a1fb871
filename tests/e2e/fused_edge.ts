/**
 * An edge on a port of loopback that serves a small fused bundle in a real worker, fed by a fake hub.
 *
 * @module
 */
import { readPictureHeader } from "@aisle/shared/images";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { tinyFusedBundle } from "../../hub/testing/fused_bundle.ts";

/** A picture of the golden corpus. */
export const goldenPicture = (name: string): Promise<Uint8Array<ArrayBuffer>> =>
  Deno.readFile(new URL(`../golden/pictures/${name}`, import.meta.url));

/** A served edge; dispose it. */
export interface FusedEdge extends AsyncDisposable {
  readonly url: string;
  readonly hub: FakeHub;
}

/** Starts one and waits until it is ready. */
export async function startFusedEdge(
  options: { readonly cascade?: number | null; readonly maxPictureBytes?: number } = {},
): Promise<FusedEdge> {
  const binaries = await readWorkerBinaries();
  const hub = await FakeHub.start();
  const edge = await runEdge(hub, {
    startWorker: () => startWebWorker(binaries),
    checkPicture: readPictureHeader,
    config: { maxPictureBytes: options.maxPictureBytes ?? 1 << 20 },
  });
  await hub.release(await tinyFusedBundle(options));
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    edge.app.fetch,
  );
  await until(async () => (await edge.app.request("/readyz")).ok, "the release", 20_000);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    hub,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await edge[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}
