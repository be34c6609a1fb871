/**
 * The stage process: reads orders from standard input, one JSON object a line, and answers on standard output.
 *
 * It has the blob folder and a folder for checkpoints; no database, no keys, no network.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { openFolderStore } from "../artifact/blob_store.ts";
import type { StageContext } from "./stage_context.ts";
import type { StageReply, StageRequest, WorkerStage } from "./stage_protocol.ts";

/** Loads a stage's code when it is first asked for, so that a stage costs only its own modules. */
const STAGES: Record<
  WorkerStage,
  () => Promise<(input: never, context: StageContext) => Promise<unknown>>
> = {
  pack: async () => (await import("./stages/pack.ts")).pack,
  check: async () => (await import("./stages/check.ts")).check,
  ingest: async () => (await import("./stages/ingest.ts")).ingest,
  diff: async () => (await import("./stages/diff.ts")).diff,
  merge: async () => (await import("./stages/merge.ts")).merge,
  split: async () => (await import("./stages/split.ts")).split,
  pictures: async () => (await import("./stages/pictures.ts")).pictures,
  features: async () => (await import("./stages/features.ts")).features,
  encoder: async () => (await import("./stages/encoder.ts")).encoder,
  sentences: async () => (await import("./stages/sentences.ts")).sentences,
  train: async () => (await import("./stages/train.ts")).train,
  export: async () => (await import("./stages/export.ts")).exportBundle,
  evaluate: async () => (await import("./stages/evaluate.ts")).evaluate,
  gate: async () => (await import("./stages/gate.ts")).gateStage,
  score: async () => (await import("./stages/score.ts")).score,
  compare: async () => (await import("./stages/compare.ts")).compareBundles,
};

const utf8 = new TextEncoder();
function reply(message: StageReply): void {
  const bytes = utf8.encode(JSON.stringify(message) + "\n");
  for (let n = 0; n < bytes.length;) n += Deno.stdout.writeSync(bytes.subarray(n));
}

async function runStage(
  order: StageRequest & { type: "run" },
  dataDir: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    const stage = await STAGES[order.stage]();
    const output = await stage(order.input as never, {
      blobs: await openFolderStore(`${dataDir}/blobs`),
      params: order.params,
      emit: (event) => reply({ type: "event", event }),
      signal,
      checkpointFile: order.checkpointFile,
      featuresDir: `${dataDir}/features`,
    });
    reply({ type: "done", output, residentBytes: Deno.memoryUsage().rss });
  } catch (error) {
    if (signal.aborted) {
      reply({ type: "failed", code: "cancelled", message: `Stage ${order.stage} was cancelled` });
    } else if (error instanceof AppError) {
      const { code, message, details } = error;
      reply({ type: "failed", code, message, details });
    } else {
      const stack = error instanceof Error ? error.stack : undefined;
      reply({
        type: "failed",
        code: "internal",
        message: `Stage ${order.stage} failed: ${messageOf(error)}`,
        details: stack,
      });
    }
  }
}

async function main(dataDir: string): Promise<void> {
  let cancel = new AbortController();
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const order = JSON.parse(line) as StageRequest;
      if (order.type === "cancel") {
        cancel.abort();
      } else {
        cancel = new AbortController();
        // Not awaited: a cancel must be read while the stage runs.
        runStage(order, dataDir, cancel.signal);
      }
    }
  }
  // The hub is gone or done with us: whatever still runs has nobody to tell.
  Deno.exit(0);
}

if (import.meta.main) await main(Deno.args[0]!);
