/**
 * Runs planned fits on as many threads as it pays, with progress and checkpoints on the way.
 *
 * @module
 */
import { checkpointToBytes } from "./checkpoint.ts";
import { EventChannel } from "./event_channel.ts";
import { FitLane, type LaneContext } from "./fit_lane.ts";
import type { PlannedFit } from "./fit_plan.ts";
import { localRunner, workerRunner } from "./fit_runner.ts";
import type { PreparedRows } from "./prepare.ts";
import type { TrainEvent, TrainOptions } from "./train_input.ts";

const DEFAULT_WORKERS = 2;
const DEFAULT_CHECKPOINT_MS = 5_000;
/** n-grams times classes from which on starting Workers (some 50 ms each) pays. */
const WORTH_WORKERS = 5e6;

/**
 * Runs all of `fits` that are not done, on as many lanes as it pays.
 *
 * @param digest names the run whose checkpoints these are
 */
export async function* runFits(
  fits: readonly PlannedFit[],
  context: Omit<LaneContext, "emit" | "onPass">,
  digest: string,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void> {
  const waiting = fits.filter((fit) => !fit.saved.done);
  if (waiting.length === 0) return;
  const events = new EventChannel<TrainEvent>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const { arena, params } = context;
  let savedMs = options.nowMs();
  const everyMs = options.checkpointEveryMs ?? DEFAULT_CHECKPOINT_MS;
  const onPass: LaneContext["onPass"] = (save) => {
    events.push(progressOf(fits, params.passes));
    if (options.nowMs() - savedMs < everyMs) return;
    save();
    events.push({
      type: "checkpoint",
      bytes: checkpointToBytes(digest, fits.map((fit) => fit.saved)),
    });
    savedMs = options.nowMs();
  };
  const lanesWanted = lanesFor(context.prepared, options.workers);
  using runners = new DisposableStack();
  const lanes = Array.from({ length: Math.min(lanesWanted, waiting.length) }, () => {
    const runner = lanesWanted > 1
      ? workerRunner(arena, { signal })
      : localRunner(arena, { signal, nowMs: options.nowMs });
    runners.use(runner);
    return new FitLane(
      { ...context, emit: (event) => events.push(event), onPass },
      runner,
      waiting,
    );
  });
  const queue = [...waiting];
  const work = lanes.map(async (lane) => {
    for (let fit = queue.shift(); fit !== undefined; fit = queue.shift()) await lane.run(fit);
  });
  const finished = Promise.all(work).then(
    () => events.close(),
    (error: unknown) => events.close({ error }),
  );
  try {
    yield* events.read();
  } finally {
    stop.abort();
    await Promise.allSettled([finished, ...work]);
  }
}

/** Workers only where they were asked for or the work outweighs their start. */
function lanesFor({ place }: PreparedRows, workers: number | undefined): number {
  if (workers !== undefined) return workers;
  const size = place.packedCount * place.classes;
  return size > WORTH_WORKERS ? DEFAULT_WORKERS : 1;
}

/** A fit that converged early counts as whole. */
function progressOf(fits: readonly PlannedFit[], passes: number): TrainEvent {
  let done = 0, total = 0;
  for (const fit of fits) {
    total += fit.train.length * passes;
    done += fit.train.length * (fit.saved.done ? passes : fit.passes);
  }
  return { type: "progress", done, total };
}
