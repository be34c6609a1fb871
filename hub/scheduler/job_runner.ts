/**
 * Runs jobs: takes them from the queue, keeps their lease alive, logs what they tell, ends them.
 *
 * One heavy job at a time (a machine has few cores), light ones beside it; never two of one catalogue.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import type { Log } from "../log.ts";
import type { Job, JobEvent, NewJobEvent } from "../registry/jobs.ts";
import type { Registry } from "../registry/registry.ts";

/** How often a running job says that it lives, and looks whether it is asked to stop. */
const HEARTBEAT_MS = 1_000;
/** Log lines are written together, at most this late. */
const LOG_EVERY_MS = 200;

/** What a job is given. */
export interface JobWork {
  readonly job: Job;
  readonly signal: AbortSignal;
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
}

/** Runs the hub's jobs. */
export class JobRunner implements AsyncDisposable {
  readonly #deps: JobRunnerDeps;
  readonly #listeners = new Map<string, Set<(event: JobEvent) => void>>();
  readonly #cancels = new Map<string, AbortController>();
  /** Jobs that this process started, oldest first; without a queue only these are run. */
  readonly #own: string[] = [];
  #pump: Promise<void> = Promise.resolve();
  #closing = false;

  constructor(deps: JobRunnerDeps) {
    this.#deps = deps;
  }

  /** What a crash left running is queued again (or given up); then the queue goes on. */
  async recover(): Promise<void> {
    const { registry, log, takesQueue } = this.#deps;
    const { requeued, lost } = await registry.jobs.recover();
    const runs = await registry.runs.markLost();
    for (const job of requeued) {
      log("warn", "job was lost, it runs again", { job: job.id, kind: job.kind });
    }
    for (const job of lost) log("error", "job was lost", { job: job.id, kind: job.kind });
    if (runs.length > 0) log("warn", "runs were lost", { runs });
    if (takesQueue) this.#kick();
  }

  /** Queues a job. */
  async start(
    input: {
      readonly kind: string;
      readonly catalogue: string;
      readonly input: unknown;
      readonly by: string;
    },
  ): Promise<Job> {
    if (!(input.kind in this.#deps.handlers)) {
      throw new AppError(
        "input-invalid",
        `Cannot start a job of kind ${input.kind}: there is no such kind`,
      );
    }
    const job = await this.#deps.registry.jobs.enqueue(input);
    this.#own.push(job.id);
    this.#kick();
    return job;
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

  /** Resolves when nothing runs any more; for tests and one-shot commands. */
  async idle(): Promise<void> {
    await this.#pump;
  }

  /** Stops taking jobs, asks the running one to stop and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    for (const cancel of this.#cancels.values()) cancel.abort();
    await this.#pump;
  }

  #kick(): void {
    this.#pump = this.#pump.then(() => this.#drain()).catch((error) => {
      this.#deps.log("error", "job queue failed", { error: messageOf(error) });
    });
  }

  async #drain(): Promise<void> {
    const { registry, takesQueue } = this.#deps;
    while (!this.#closing) {
      const job = takesQueue
        ? await registry.jobs.claim()
        : this.#own.length > 0
        ? await registry.jobs.claim({ id: this.#own.shift()! })
        : null;
      if (job === null) return;
      await this.#run(job);
    }
  }

  async #run(job: Job): Promise<void> {
    const { registry, handlers, log } = this.#deps;
    const cancel = new AbortController();
    this.#cancels.set(job.id, cancel);
    const writer = new LogWriter((lines) => registry.jobs.log(job, lines), log);
    const emit = (event: NewJobEvent) => {
      // Progress is for those who watch now; the log keeps what matters later.
      if (event.type !== "progress") writer.add(event);
      this.#tell(job.id, event);
    };
    const heartbeat = setInterval(() => {
      registry.jobs.heartbeat(job).then(({ cancelRequested }) => {
        if (cancelRequested) cancel.abort();
      }, (error) => {
        log("error", "job lost its lease", { job: job.id, error: messageOf(error) });
        cancel.abort();
      });
    }, HEARTBEAT_MS);
    emit({ type: "state", state: "running", attempt: job.attempt });
    log("info", "job started", { job: job.id, kind: job.kind, catalogue: job.catalogue });
    let ended: Job;
    try {
      const result = await handlers[job.kind]!({ job, signal: cancel.signal, emit });
      await writer.flush();
      ended = await registry.jobs.finish(job, { state: "succeeded", result });
    } catch (error) {
      await writer.flush();
      const code = error instanceof AppError ? error.code : "internal";
      const message = messageOf(error);
      // A hub that stops gives the job back: the next start goes on with it.
      if (code === "cancelled" && this.#closing && this.#deps.takesQueue) return;
      const state = code === "cancelled" ? "cancelled" : "failed";
      if (code === "internal") {
        log("error", "job broke", { job: job.id, stack: (error as Error).stack });
      }
      ended = await registry.jobs.finish(job, { state, error: { code, message } });
    } finally {
      clearInterval(heartbeat);
      this.#cancels.delete(job.id);
    }
    log("info", "job ended", { job: job.id, kind: job.kind, state: ended.state });
    this.#tell(job.id, {
      type: "state",
      state: ended.state,
      result: ended.result,
      error: ended.error,
    });
  }

  #tell(id: string, event: NewJobEvent): void {
    const at = new Date().toISOString();
    for (const listener of this.#listeners.get(id) ?? []) listener({ seq: 0, at, ...event });
  }
}

/** Writes log lines in groups. */
class LogWriter {
  readonly #write: (lines: NewJobEvent[]) => Promise<unknown>;
  readonly #log: Log;
  #lines: NewJobEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(write: (lines: NewJobEvent[]) => Promise<unknown>, log: Log) {
    this.#write = write;
    this.#log = log;
  }

  add(line: NewJobEvent): void {
    this.#lines.push(line);
    this.#timer ??= setTimeout(() => this.flush(), LOG_EVERY_MS);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#lines;
    this.#lines = [];
    if (lines.length > 0) {
      this.#writing = this.#writing.then(() => this.#write(lines)).then(() => {}, (error) => {
        this.#log("error", "job log could not be written", { error: messageOf(error) });
      });
    }
    await this.#writing;
  }
}
