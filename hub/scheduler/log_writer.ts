/**
 * Writes what a job tells in groups, so that a talkative one does not keep the database busy.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import type { Log } from "../log.ts";
import type { NewJobEvent } from "../registry/jobs.ts";

/** Log lines are written together, at most this late. */
const LOG_EVERY_MS = 200;

/** Writes log lines in groups. */
export class LogWriter {
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
