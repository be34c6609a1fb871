/**
 * A whole edge for tests, with fake workers and a fake hub.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { type EdgeConfig, edgeConfig } from "../config.ts";
import { type Edge, type EdgeParts, startEdge } from "../edge.ts";
import { type Keep, memoryKeep } from "../keep.ts";
import { type Log, noLog } from "../log.ts";
import type { ModelWorker } from "../model_port.ts";
import { systemClock } from "../waiting.ts";
import { FAKE_TOKEN, type FakeHub } from "./fake_hub.ts";
import { FakeWorker } from "./fake_worker.ts";

/** What a test may choose. */
export interface RunEdgeOptions {
  readonly keep?: Keep;
  readonly startWorker?: () => ModelWorker;
  readonly checkPicture?: EdgeParts["checkPicture"];
  readonly config?: Partial<EdgeConfig>;
  readonly log?: Log;
}

/** A config for `hub`, quick enough for tests. */
export function testConfig(hub: FakeHub, change: Partial<EdgeConfig> = {}): EdgeConfig {
  const config = edgeConfig((name) =>
    ({
      EDGE_HUB_URL: hub.url.href,
      EDGE_TOKEN: FAKE_TOKEN,
      EDGE_PUBLIC_KEY: hub.publicKey,
      EDGE_CATALOGUE: "demo",
      EDGE_POLL_MS: "50",
      EDGE_TELEMETRY_MS: "50",
      EDGE_HUB_TIMEOUT_MS: "1000",
      EDGE_FEEDBACK_WAIT_MS: "500",
      // The same question asked again is to reach the model
      EDGE_ANSWER_CACHE_BYTES: "0",
    } as Partial<Record<string, string>>)[name]
  );
  return { ...config, ...change };
}

/** Starts an edge; dispose it when done. */
export async function runEdge(
  hub: FakeHub,
  options: RunEdgeOptions = {},
): Promise<Edge & AsyncDisposable> {
  const edge = await startEdge({
    config: testConfig(hub, options.config),
    edgeId: "edge-1",
    keep: options.keep ?? memoryKeep(),
    startWorker: options.startWorker ?? (() => new FakeWorker()),
    fetch,
    checkPicture: options.checkPicture ?? fakeHeader,
    clock: systemClock,
    newId: () => crypto.randomUUID(),
    residentBytes: () => 1,
    log: options.log ?? noLog,
  });
  return { ...edge, [Symbol.asyncDispose]: edge.close };
}

/** Lets in all but pictures of the text `no picture`. */
export function fakeHeader(bytes: Uint8Array): void {
  if (new TextDecoder().decode(bytes) === "no picture") {
    throw new AppError("picture-invalid", "Cannot use the picture: it is none");
  }
}

/** Posts JSON to `edge`. */
export async function post(edge: Edge, path: string, body: unknown): Promise<Response> {
  return await edge.app.request(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
