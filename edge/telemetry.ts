/**
 * What an edge saw, as windows of counts and sketches that the hub can add up, and as totals for `/metrics`.
 *
 * No text, no request, no user: counts only. Windows are numbered without holes; when the hub is away the open
 * window grows instead of a queue, so nothing is lost and memory stays bounded.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { addInput, noInputs } from "@aisle/shared/inputs";
import { type Sketch, sketchAdd } from "@aisle/shared/stats";
import type { TelemetryWindow } from "@aisle/shared/contract";
import type { FeedbackEvent, FeedbackObserver } from "./feedback.ts";
import type { HubClient } from "./hub_client.ts";
import type { Log } from "./log.ts";
import type { Answer } from "./answer.ts";
import type { Clock } from "./waiting.ts";

/** What {@linkcode createTelemetry} needs. */
export interface TelemetryDeps {
  readonly client: Pick<HubClient, "telemetry">;
  readonly edgeId: string;
  /** New at each start. */
  readonly bootId: string;
  readonly catalogue: string;
  readonly windowMs: number;
  /** Digest that serves now. */
  readonly digest: () => string | null;
  /** Feedback that waits now. */
  readonly waiting: () => number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Counts since the start of the process. */
export interface Totals {
  readonly requests: number;
  readonly predictions: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly decisions: Readonly<Record<"auto" | "review", number>>;
  readonly feedback: Readonly<Record<FeedbackEvent, number>>;
  readonly latencyMs: { readonly buckets: readonly number[]; readonly sum: number };
  readonly pictures: Readonly<Record<"used" | "skipped" | "invalid", number>>;
  readonly windows: Readonly<Record<"sent" | "waiting" | "dropped", number>>;
}

/** What telemetry looks at of a product: lengths and sizes, never what it says. */
export interface Asked {
  readonly designation: string;
  readonly description: string;
  readonly picture: { readonly length: number } | null;
}

/** Takes observations, ships windows. */
export interface Telemetry extends FeedbackObserver {
  /** One answered prediction request that took `latencyMs`, with its answers and the products that they are of. */
  answered(latencyMs: number, answers: readonly Answer[], products?: readonly Asked[]): void;
  /** Something that failed, under its code. */
  problem(code: string): void;
  /** A product was refused for its picture. */
  pictureRefused(): void;
  totals(): Totals;
  /** Closes the open window and sends what waits; says whether all is sent. `last`: there will be no other. */
  flush(last?: boolean): Promise<boolean>;
  /** Flushes every window length until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Upper bounds of the latency histogram of `/metrics`, milliseconds. */
export const LATENCY_BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000];
const CONFIDENCE_BINS = 20;
/** Closed windows that may wait; only a change of model closes one while others wait. */
const MAX_WAITING_WINDOWS = 32;

/** Answers of the hub that no later try will change. */
const FINAL: ReadonlySet<string> = new Set(["input-invalid", "data-invalid", "too-large"]);

type Open =
  & { -readonly [K in keyof TelemetryWindow]: TelemetryWindow[K] }
  & {
    pictures: NonNullable<TelemetryWindow["pictures"]>;
    inputs: NonNullable<TelemetryWindow["inputs"]>;
    feedback: Record<FeedbackEvent | "waiting", number>;
    confidenceSums: NonNullable<TelemetryWindow["confidenceSums"]>;
  };

function noFeedback(): Record<FeedbackEvent, number> {
  return { received: 0, delivered: 0, duplicate: 0, kept: 0, refused: 0, dropped: 0 };
}

/** Telemetry of one edge. */
export function createTelemetry(deps: TelemetryDeps): Telemetry {
  const { clock } = deps;
  const closed: TelemetryWindow[] = [];
  let seq = 0;
  let droppedWindows = 0;
  let sending: Promise<boolean> | null = null;
  let lastProblem = "";
  let open = fresh();
  const totals = {
    requests: 0,
    predictions: 0,
    errors: {} as Record<string, number>,
    decisions: { auto: 0, review: 0 },
    feedback: noFeedback(),
    latencyMs: { buckets: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0), sum: 0 },
    pictures: { used: 0, skipped: 0, invalid: 0 },
    windows: { sent: 0, waiting: 0, dropped: 0 },
  };

  function fresh(): Open {
    const at = new Date(clock.now()).toISOString();
    return {
      edgeId: deps.edgeId,
      bootId: deps.bootId,
      seq: 0,
      catalogue: deps.catalogue,
      startedAt: at,
      endedAt: at,
      digest: deps.digest(),
      predictions: 0,
      requests: 0,
      errors: {},
      codes: {},
      decisions: { auto: 0, review: 0 },
      confidence: new Array<number>(CONFIDENCE_BINS).fill(0),
      confidenceSums: {},
      latencyMs: {} as Sketch,
      feedback: { ...noFeedback(), waiting: 0 },
      pictures: { used: 0, skipped: 0, invalid: 0 },
      inputs: noInputs(),
      droppedWindows: 0,
    };
  }

  /** Ends the open window and numbers it. */
  function close(): void {
    open.seq = ++seq;
    open.endedAt = new Date(clock.now()).toISOString();
    open.feedback.waiting = deps.waiting();
    closed.push(open);
    const [oldest] = closed;
    if (closed.length > MAX_WAITING_WINDOWS && oldest !== undefined) drop(oldest);
    open = fresh();
  }

  function drop(window: TelemetryWindow): void {
    closed.splice(closed.indexOf(window), 1);
    droppedWindows++;
    totals.windows.dropped++;
  }

  /** A window speaks of one model: the first observation under another digest starts a new one. */
  function windowOf(digest: string | null): Open {
    if (open.digest !== digest) {
      if (open.requests > 0 || open.predictions > 0) close();
      open.digest = digest;
    }
    return open;
  }

  async function send(): Promise<boolean> {
    for (let next = closed[0]; next !== undefined; next = closed[0]) {
      try {
        await deps.client.telemetry({ ...next, droppedWindows });
      } catch (error) {
        const reason = messageOf(error);
        if (error instanceof AppError && FINAL.has(error.code)) {
          deps.log("error", "the hub refused a telemetry window for good", { reason });
          drop(next);
          continue;
        }
        if (reason !== lastProblem) {
          deps.log("warn", "cannot send telemetry, keeping it", { reason });
        }
        lastProblem = reason;
        return false;
      }
      lastProblem = "";
      totals.windows.sent++;
      if (closed[0] === next) closed.shift();
    }
    return true;
  }

  async function flush(last = false): Promise<boolean> {
    await sending;
    // While windows wait, the open one grows instead of a queue.
    if (closed.length === 0 || last) close();
    sending = send();
    try {
      return await sending;
    } finally {
      sending = null;
    }
  }

  return {
    answered(latencyMs, answers, products = []) {
      const [first] = answers;
      const window = windowOf(first === undefined ? open.digest : first.digest);
      window.requests++;
      totals.requests++;
      sketchAdd(window.latencyMs, latencyMs);
      const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => latencyMs <= bound);
      const { buckets } = totals.latencyMs;
      const at = bucket < 0 ? buckets.length - 1 : bucket;
      buckets[at] = (buckets[at] ?? 0) + 1;
      totals.latencyMs.sum += latencyMs;
      for (const [i, answer] of answers.entries()) {
        // A batch may straddle a swap; its rows go to the model that gave them.
        const own = windowOf(answer.digest);
        own.predictions++;
        totals.predictions++;
        own.codes[answer.code] = (own.codes[answer.code] ?? 0) + 1;
        own.decisions[answer.decision]++;
        totals.decisions[answer.decision]++;
        const bin = Math.min(CONFIDENCE_BINS - 1, Math.floor(answer.confidence * CONFIDENCE_BINS));
        own.confidence[bin] = (own.confidence[bin] ?? 0) + 1;
        const sums = own.confidenceSums[answer.code] ??= [0, 0];
        sums[0] += answer.confidence;
        sums[1] += answer.confidence ** 2;
        const product = products[i];
        if (product !== undefined) {
          addInput(own.inputs, {
            designation: product.designation,
            description: product.description,
            unknown: answer.unseen,
            pictureBytes: product.picture?.length ?? null,
          });
        }
        if (answer.picture !== "none") {
          own.pictures[answer.picture]++;
          totals.pictures[answer.picture]++;
        }
      }
    },
    problem(code) {
      open.errors[code] = (open.errors[code] ?? 0) + 1;
      totals.errors[code] = (totals.errors[code] ?? 0) + 1;
    },
    pictureRefused() {
      open.pictures.invalid++;
      totals.pictures.invalid++;
    },
    feedback(event) {
      open.feedback[event]++;
      totals.feedback[event]++;
    },
    totals: () => ({
      ...totals,
      windows: { ...totals.windows, waiting: closed.length },
    }),
    flush,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(deps.windowMs, signal);
        if (!signal.aborted) await flush();
      }
    },
  };
}
