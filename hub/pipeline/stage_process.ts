/**
 * The hub's end of the stage process: starts it on first need, gives it one stage at a time, kills it when told.
 *
 * A crash of the runtime ends a stage, never the hub. Memory that native code has taken comes back when the process
 * ends: after a stage that left much of it the next one has a fresh process, so that peaks do not add up.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { Params } from "../params.ts";
import { stagePermissions } from "./stage_permissions.ts";
import type { StageEvent, StageReply, StageRequest, WorkerStage } from "./stage_protocol.ts";

/** How long a cancelled stage may take to end by itself. */
const CANCEL_GRACE_MS = 5_000;
/** A process that keeps more than this runs no further stage; a fresh one has some 120 MB and starts in half a second. */
const KEEPS_AT_MOST_BYTES = 400e6;
/** Steps below the hub's own priority: the lowest, as what is left of the cores is all for training anyway. */
const NICENESS = 19;
/** How much of a crashed process's error output is told. */
const STDERR_TAIL_CHARS = 2_000;

/** The process died without an answer: trying again makes sense, the checkpoint is kept. */
export class StageProcessDied extends Error {
  override readonly name = "StageProcessDied";
}

/** One order to run a stage. */
export interface StageCall {
  readonly stage: WorkerStage;
  readonly input: unknown;
  readonly params: Params;
  readonly checkpointFile: string;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StageEvent) => void;
}

/** A child process that runs stages. */
export class StageProcess implements AsyncDisposable {
  readonly #dataDir: string;
  readonly #keepsAtMostBytes: number;
  #child: Deno.ChildProcess | null = null;
  #replies: AsyncIterator<StageReply> | null = null;
  #writer: WritableStreamDefaultWriter<Uint8Array> | null = null;
  #residentBytes = 0;
  #stderrTail = "";
  #stderrDone: Promise<void> = Promise.resolve();

  constructor(dataDir: string, { keepsAtMostBytes = KEEPS_AT_MOST_BYTES } = {}) {
    this.#dataDir = dataDir;
    this.#keepsAtMostBytes = keepsAtMostBytes;
  }

  /** Process id while one runs; for tests that kill it. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /**
   * Runs one stage; resolves to its output.
   *
   * @throws {AppError} what the stage refused, or `cancelled`
   * @throws {StageProcessDied} when the process ended without an answer
   */
  async run(call: StageCall): Promise<unknown> {
    if (call.signal.aborted) throw new AppError("cancelled", `Stage ${call.stage} was cancelled`);
    if (this.#residentBytes > this.#keepsAtMostBytes) await this[Symbol.asyncDispose]();
    this.#start();
    const { stage, input, params, checkpointFile } = call;
    let killTimer: ReturnType<typeof setTimeout> | undefined;
    const cancel = () => {
      this.#send({ type: "cancel" }).catch(() => {/* it has died: the read below tells */});
      killTimer = setTimeout(() => this.#child?.kill("SIGKILL"), CANCEL_GRACE_MS);
    };
    call.signal.addEventListener("abort", cancel, { once: true });
    try {
      await this.#send({ type: "run", stage, input, params, checkpointFile });
      while (true) {
        const next = await this.#replies!.next();
        if (next.done) throw await this.#death(stage, call.signal.aborted);
        const reply = next.value;
        if (reply.type === "event") call.onEvent(reply.event);
        else if (reply.type === "done") {
          this.#residentBytes = reply.residentBytes;
          return reply.output;
        } else throw new AppError(reply.code, reply.message, { details: reply.details });
      }
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) {
        throw await this.#death(stage, call.signal.aborted);
      }
      throw error;
    } finally {
      clearTimeout(killTimer);
      call.signal.removeEventListener("abort", cancel);
    }
  }

  /** Ends the process and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    await this.#writer?.close().catch(() => {/* already closed by its death */});
    await this.#gone(child);
  }

  #start(): void {
    if (this.#child !== null) return;
    const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
    const dataDir = Deno.realPathSync(this.#dataDir);
    const child = spawnPolitely(Deno.execPath(), [
      "run",
      "-q",
      "--cached-only",
      `--config=${root}/deno.json`,
      ...stagePermissions({ root, data: dataDir }),
      new URL("./stage_main.ts", import.meta.url).pathname,
      dataDir,
    ]);
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#replies = readReplies(child.stdout);
    this.#residentBytes = 0;
    this.#stderrTail = "";
    this.#stderrDone = (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
        this.#stderrTail = (this.#stderrTail + text).slice(-STDERR_TAIL_CHARS);
      }
    })();
  }

  async #send(request: StageRequest): Promise<void> {
    await this.#writer?.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
  }

  async #death(stage: WorkerStage, cancelled: boolean): Promise<Error> {
    const child = this.#child!;
    await this.#gone(child);
    if (cancelled) return new AppError("cancelled", `Stage ${stage} was cancelled`);
    const status = await child.status;
    const how = status.signal ?? `exit code ${status.code}`;
    return new StageProcessDied(
      `The process of stage ${stage} died (${how})` +
        (this.#stderrTail.trim() === "" ? "" : `: ${this.#stderrTail.trim()}`),
    );
  }

  async #gone(child: Deno.ChildProcess): Promise<void> {
    await child.status;
    await this.#stderrDone;
    await this.#replies?.return?.();
    await this.#writer?.abort().catch(() => {/* already closed */});
    if (this.#child === child) this.#child = null;
  }
}

/**
 * Starts a process that gives way to the hub, which answers people and edges meanwhile: training takes every core. The
 * program `nice` lowers all threads of the process, also those that it starts before any code of ours runs.
 */
function spawnPolitely(program: string, args: readonly string[]): Deno.ChildProcess {
  const piped = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  try {
    const polite = ["-n", String(NICENESS), program, ...args];
    return new Deno.Command("nice", { args: polite, ...piped }).spawn();
  } catch (error) {
    // Not every system has the program.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return new Deno.Command(program, { args: [...args], ...piped }).spawn();
  }
}

/** The lines of `stdout` as replies. */
async function* readReplies(stdout: ReadableStream<Uint8Array>): AsyncGenerator<StageReply> {
  let rest = "";
  for await (const text of stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) if (line !== "") yield JSON.parse(line) as StageReply;
  }
}
