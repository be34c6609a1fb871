/**
 * Runs jobs: takes them from the queue, keeps their lease alive, logs what they tell, ends them or tries them again.
 *
 * One job that computes at a time, as a machine has few cores; those that only look or copy run beside it, one at a
 * time too, so that a long training keeps no other catalogue from being inspected or backed up. A job works on a registry that is fenced by its lease: once another
 * worker may have it, nothing that this one does is kept.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { inLogContext, type Log } from "../log.ts";
import type { ClaimQuery, Job, JobEvent, NewJob, NewJobEvent } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";
import { LogWriter } from "./log_writer.ts";
import { retryDelayMs } from "./retry.ts";

/** How often a running job says that it lives, and looks whether it is asked to stop. */
const HEARTBEAT_MS = 1_000;
/** How often the queue is looked at unasked, and, where other hubs share the database, for jobs of those that died. */
const REAP_MS = 5_000;
/** How long a job that was asked to stop may take before it is left behind. */
const STOP_GRACE_MS = 30_000;

/** Kinds that compute little: a training of another catalogue does not hold them up. */
const LIGHT_KINDS: readonly string[] = ["inspect", "review", "backup"];
/** The two rows of jobs that are worked off side by side. */
const LANES: readonly ClaimQuery[] = [{ notKinds: LIGHT_KINDS }, { kinds: LIGHT_KINDS }];

/** What a job is given. */
export interface JobWork {
  readonly job: Job;
  /** Fenced by the job's lease: the only registry that a job may write to. */
  readonly registry: Registry;
  readonly signal: AbortSignal;
  /** Queues another job, unless the lease is lost. */
  readonly start: (job: NewJob) => Promise<Job>;
  readonly emit: (event: NewJobEvent) => void;
}

/** Does one kind of job; what it returns becomes the job's result. */
export type JobHandler = (work: JobWork) => Promise<unknown>;

/** What a {@linkcode JobRunner} works with. */
export interface JobRunnerDeps {
  readonly registry: Registry;
  readonly handlers: Readonly<Record<string, JobHandler>>;
  readonly log: Log;
  /** Whether jobs of the queue are taken, or only those that this process starts. */
  readonly takesQueue: boolean;
  /** Whether no other hub can be at work on this database: then what runs when this one starts was left by a crash. */
  readonly alone: boolean;
  /** Numbers in [0, 1), for the waits between attempts. */
  readonly random: () => number;
  /** How long a job that was asked to stop may take; 30 seconds when absent. */
  readonly stopGraceMs?: number | undefined;
}

/** Runs the hub's jobs. */
export class JobRunner implements AsyncDisposable {
  readonly #deps: JobRunnerDeps;
  readonly #listeners = new Map<string, Set<(event: JobEvent) => void>>();
  readonly #cancels = new Map<string, AbortController>();
  /** Jobs that this process started, oldest first; without a queue only these are run. */
  readonly #own: string[] = [];
  /** Signs of life of the jobs that run here. */
  readonly #beats = new Map<string, () => Promise<void>>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #reaper: ReturnType<typeof setInterval> | undefined;
  /** By lane, the work on what was queued when it was last looked at. */
  readonly #pumps = LANES.map(() => Promise.resolve());
  #closing = false;

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps;
  }

  /** What a crash left running is queued again (or given up); then the queue goes on. */
  async recover(): Promise<void> {
    const { takesQueue, alone, log } = this.#deps;
    await this.#reap(!alone);
    if (!takesQueue) return;
    this.wake();
    this.#reaper ??= setInterval(() => {
      const reaped = alone ? Promise.resolve() : this.#reap(true);
      reaped.then(() => this.wake(), (error) => {
        log("error", "lost jobs could not be looked for", { error: messageOf(error) });
      });
    }, REAP_MS);
  }

  async #reap(expiredOnly: boolean): Promise<void> {
    const { registry, log } = this.#deps;
    // A process that was asleep has not lost its own jobs as long as nobody has taken them.
    for (const beat of this.#beats.values()) await beat();
    const { requeued, lost } = await registry.jobs.recover({ expiredOnly });
    const runs = await registry.runs.markLost();
    for (const job of requeued) {
      log("warn", "job was lost, it runs again", { job: job.id, kind: job.kind });
    }
    for (const job of lost) {
      log("error", "job was lost", { job: job.id, kind: job.kind });
      await this.#alert(job);
    }
    if (runs.length > 0) log("warn", "runs were lost", { runs });
  }

  /** Queues a job. @throws {AppError} `input-invalid` for a kind that there is not */
  start(job: NewJob): Promise<Job> {
    return this.#start(this.#deps.registry, job);
  }

  async #start(registry: Registry, job: NewJob): Promise<Job> {
    if (!Object.hasOwn(this.#deps.handlers, job.kind)) throw unknownKind(job.kind);
    const queued = await registry.jobs.enqueue(job);
    this.#own.push(queued.id);
    this.wake();
    return queued;
  }

  /** Asks a job to stop. */
  async cancel(id: string): Promise<Job> {
    const job = await this.#deps.registry.jobs.requestCancel(id);
    this.#cancels.get(id)?.abort();
    if (job.state === "cancelled") this.#tell(id, { type: "state", state: "cancelled" });
    return job;
  }

  /** Calls `listener` with every event of a job from now on; returns how to stop that. */
  subscribe(id: string, listener: (event: JobEvent) => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  /** Looks at the queue: something may have come in. */
  wake(): void {
    LANES.forEach((lane, i) => {
      this.#pumps[i] = this.#pumps[i]!.then(() => this.#drain(lane)).catch((error) => {
        this.#deps.log("error", "job queue failed", { error: messageOf(error) });
      });
    });
  }

  /** Resolves when nothing runs any more; for tests and one-shot commands. */
  async idle(): Promise<void> {
    // What one lane did may have woken the other.
    for (;;) {
      const pumps = [...this.#pumps];
      await Promise.all(pumps);
      if (pumps.every((pump, i) => pump === this.#pumps[i])) return;
    }
  }

  /** Stops taking jobs, asks those that run to stop and waits for them. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    clearInterval(this.#reaper);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const cancel of this.#cancels.values()) cancel.abort();
    await Promise.all(this.#pumps);
  }

  async #drain(lane: ClaimQuery): Promise<void> {
    const { registry, takesQueue } = this.#deps;
    // What a command started itself it works off in its order.
    if (!takesQueue && lane !== LANES[0]) return;
    while (!this.#closing) {
      const job = takesQueue
        ? await registry.jobs.claim(lane)
        : this.#own.length > 0
        ? await registry.jobs.claim({ id: this.#own.shift()! })
        : null;
      if (job === null) return;
      await this.#run(job);
      // The other lane may have waited for this job's catalogue.
      if (takesQueue) this.wake();
    }
  }

  #run(job: Job): Promise<void> {
    const { id, kind, catalogue, attempt } = job;
    // The request that woke the queue is not what this is about.
    const fields = { requestId: undefined, job: id, kind, catalogue, attempt };
    return inLogContext(fields, () => this.#runAlone(job));
  }

  async #runAlone(job: Job): Promise<void> {
    const { registry, log } = this.#deps;
    const cancel = new AbortController();
    this.#cancels.set(job.id, cancel);
    const writer = new LogWriter((lines) => registry.jobs.log(job, lines), log);
    const emit = (event: NewJobEvent) => {
      const told = { ...event, at: new Date().toISOString() };
      // Progress is for those who watch now; the log keeps what matters later.
      if (event.type !== "progress") writer.add(told);
      if (event.type === "stage") {
        log("info", "stage", { stage: event["stage"], state: event["state"], ms: event["ms"] });
      }
      this.#tell(job.id, told);
    };
    const beat = () =>
      registry.jobs.heartbeat(job).then(({ cancelRequested }) => {
        if (cancelRequested) cancel.abort();
      }, (error) => {
        log("error", "job lost its lease", { job: job.id, error: messageOf(error) });
        cancel.abort();
      });
    this.#beats.set(job.id, beat);
    const heartbeat = setInterval(beat, HEARTBEAT_MS);
    let timedOut = false;
    const clock = job.timeoutMs === null ? undefined : setTimeout(() => {
      timedOut = true;
      cancel.abort();
    }, job.timeoutMs);
    emit({ type: "state", state: "running", attempt: job.attempt });
    log("info", "job started");
    let ended: Job | null;
    try {
      const result = await this.#work(job, cancel.signal, emit);
      await writer.flush();
      ended = await registry.jobs.finish(job, { state: "succeeded", result });
    } catch (error) {
      await writer.flush();
      ended = await this.#failed(job, timedOut ? timeOut(job) : error);
    } finally {
      clearInterval(heartbeat);
      clearTimeout(clock);
      this.#beats.delete(job.id);
      this.#cancels.delete(job.id);
    }
    if (ended === null) return;
    log("info", "job ended", { state: ended.state });
    await this.#alert(ended);
    this.#tell(job.id, {
      type: "state",
      state: ended.state,
      result: ended.result,
      error: ended.error,
    });
  }

  /** The handler's result. One that does not stop when it is asked to is left behind: its lease ends with the job. */
  async #work(job: Job, signal: AbortSignal, emit: JobWork["emit"]): Promise<unknown> {
    const handler = this.#deps.handlers[job.kind];
    if (handler === undefined) throw unknownKind(job.kind);
    const registry = this.#deps.registry.fencedBy(job);
    const leftBehind = Promise.withResolvers<never>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopping = () => {
      timer = setTimeout(
        () => leftBehind.reject(new AppError("cancelled", "It did not stop and was left behind")),
        this.#deps.stopGraceMs ?? STOP_GRACE_MS,
      );
    };
    signal.addEventListener("abort", stopping, { once: true });
    try {
      return await Promise.race([
        handler({ job, registry, signal, emit, start: (next) => this.#start(registry, next) }),
        leftBehind.promise,
      ]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stopping);
    }
  }

  /** Ends the job, or queues it again; null where it is not this worker's any more, or waits. */
  async #failed(job: Job, error: unknown): Promise<Job | null> {
    const { registry, log, random, takesQueue } = this.#deps;
    const code = error instanceof AppError ? error.code : "internal";
    const message = messageOf(error);
    if (code === "internal") {
      log("error", "job broke", { job: job.id, stack: (error as Error).stack });
    }
    try {
      // A hub that stops gives the job back: the next start goes on with it.
      if (code === "cancelled" && this.#closing && takesQueue) {
        if (!(await registry.jobs.heartbeat(job)).cancelRequested) {
          await registry.jobs.giveBack(job);
          log("info", "job was given back");
          return null;
        }
      }
      const delayMs = retryDelayMs(job, code, random);
      if (delayMs === null) {
        const state = code === "cancelled" ? "cancelled" : "failed";
        return await registry.jobs.finish(job, { state, error: { code, message } });
      }
      await registry.jobs.log(job, [{
        type: "state",
        state: "queued",
        attempt: job.attempt,
        message: `attempt ${job.attempt} of ${job.maxAttempts} failed: ${message}; ` +
          `the next one begins in ${Math.ceil(delayMs / 1000)} s`,
      }]);
      await registry.jobs.retry(job, { delayMs, error: { code, message } });
      log("warn", "job failed, it is tried again", { job: job.id, code, delayMs });
      this.#wakeIn(job.id, delayMs);
      return null;
    } catch (refused) {
      if (!(refused instanceof AppError && refused.code === "conflict")) throw refused;
      log("error", "job went on elsewhere", { job: job.id, error: refused.message });
      return null;
    }
  }

  #wakeIn(id: string, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#own.push(id);
      this.wake();
    }, delayMs + 1);
    this.#timers.add(timer);
  }

  /** Of jobs that nobody watches, somebody hears when they fail; the next success of the kind ends that. */
  async #alert(job: Job): Promise<void> {
    const { registry, log } = this.#deps;
    const { id, catalogue, kind, state, error } = job;
    try {
      if (state === "succeeded") await registry.alerts.clear(catalogue, `job ${kind}`);
      else if (state !== "cancelled" && isAutomatic(job)) {
        await registry.alerts.raise({
          catalogue,
          key: `job ${kind}`,
          kind: "job-failed",
          severity: "critical",
          message: `The job ${kind} of ${catalogue} ended ${state}` +
            (error === null ? "" : `: ${error.message}`),
          details: { job: id, code: error?.code ?? null },
        });
      }
    } catch (problem) {
      log("error", "alert could not be kept", { job: id, error: messageOf(problem) });
    }
  }

  #tell(id: string, event: NewJobEvent): void {
    const at = event.at ?? new Date().toISOString();
    for (const listener of this.#listeners.get(id) ?? []) listener({ ...event, seq: 0, at });
  }
}

function unknownKind(kind: string): AppError {
  return new AppError("input-invalid", `Cannot start a job of kind ${kind}: there is no such kind`);
}

function timeOut(job: Job): AppError {
  return new AppError(
    "timed-out",
    `Cannot finish the ${job.kind}: an attempt may take ${Math.round(job.timeoutMs! / 1000)} s, ` +
      "and this one took longer",
  );
}

/** Whether no person asked for it. */
function isAutomatic({ scheduleId, by }: Job): boolean {
  return scheduleId !== null || by.startsWith("inspection ");
}
