/**
 * An edge on a port of loopback that serves a small fused bundle in a real worker, fed by a fake hub.
 *
 * @module
 */
import { readPictureHeader } from "@aisle/shared/images";
import { type OrtLike, ortRuntime } from "@aisle/shared/serving";
import * as native from "onnxruntime-node";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { runEdge } from "../../edge/testing/run_edge.ts";
import { until } from "../../edge/testing/waits.ts";
import { startWebWorker } from "../../edge/web_worker.ts";
import { readWorkerBinaries } from "../../edge/worker_binaries.ts";
import { packFused } from "../../hub/export/pack_fused.ts";
import { tinyEncoder, tinyFused } from "../../hub/export/testing/tiny_fused.ts";
import { TINY_PACKING, tinyModel } from "../../hub/export/testing/tiny_model.ts";

/** A fused bundle of noise; `cascade` is the confidence from which a text needs no picture. */
export async function tinyFusedBundle(
  options: { readonly cascade?: number | null } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const runtime = ortRuntime("native", native as unknown as OrtLike);
  const text = tinyModel();
  return await packFused(text, tinyFused(text, options), {
    ...TINY_PACKING,
    encoder: tinyEncoder(),
    handmade: null,
    open: async (onnx) => {
      const session = await runtime.openFull(onnx);
      return (inputs) => session.run({ ...inputs, rows: 1 }, ["image", "fused"]);
    },
  });
}

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
