/**
 * The hub's database as the other layers see it: drizzle to read, drizzle to write in a transaction.
 *
 * The driver lives in a Worker. Writes queue up and run one at a time; reads run beside them and see what is
 * committed. When a write resolves it is on the disk.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { fileURLToPath } from "node:url";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { drizzle, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import { AppError, type ErrorCode, HTTP_STATUS } from "@aisle/shared/errors";
import type { Answer, Ask, Request, RowMode, SqlValue } from "./protocol.ts";

/** Builds and runs typed queries. */
export type Queries = SqliteRemoteDatabase<Record<string, never>>;

/** An open database. */
export interface Database extends AsyncDisposable {
  /** Runs `work` on what is committed. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in one transaction, alone: all of it is kept or, when it throws, none. A write inside it is refused:
   * the two would wait for each other.
   */
  write<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
  /** Waits for writes under way, then closes. */
  close(): Promise<void>;
}

/** What goes along with the first write of some work, in the same transaction. */
interface Companion {
  readonly write: (queries: Queries) => Promise<void>;
  done: boolean;
}
const companions = new AsyncLocalStorage<Companion>();

/**
 * Runs `work`; `write` goes along with the first transaction that it commits, and happens with it or not at all.
 * Resolves to whether there was one. What `work` leaves running behind it counts no more.
 */
export async function withFirstWrite(
  write: (queries: Queries) => Promise<void>,
  work: () => Promise<void>,
): Promise<boolean> {
  const companion: Companion = { write, done: false };
  let written = false;
  try {
    await companions.run(companion, work);
  } finally {
    written = companion.done;
    companion.done = true;
  }
  return written;
}

/** Where the database is, and how patient to be. */
export interface OpenDatabaseOptions {
  /** `file:` with a path, or the `http:`, `https:` or `libsql:` address of a libSQL server. */
  readonly url: string;
  /** Access token of a libSQL server. */
  readonly authToken?: string | undefined;
  /** Longest wait for another process that writes; 10 seconds when absent. */
  readonly lockTimeoutMs?: number | undefined;
}

/** An error of the database itself, with the driver's code such as `SQLITE_CONSTRAINT_UNIQUE`. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/**
 * Opens the database, makes it when absent, and brings it to the schema of this version.
 *
 * @throws {AppError} `locked` while another process writes; `conflict` for a database of another version;
 *   `data-invalid` for a file that is no database; `not-found` without its folder; `not-ready` without its server;
 *   `usage` for an address of another kind
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  if (!/^(file|https?|libsql):/.test(options.url) || /^file:(:memory:|\/*$)/.test(options.url)) {
    throw new AppError(
      "usage",
      "Cannot open the database: its address must be file:PATH or the http(s) or libsql address of a server: " +
        `current value is ${options.url.replace(/\/\/[^@/]*@/, "//***@")}`,
    );
  }
  const thread = new Thread();
  try {
    await thread.ask({
      op: "open",
      options: {
        url: options.url,
        authToken: options.authToken,
        migrations: fileURLToPath(new URL("./migrations", import.meta.url)),
        lockTimeoutMs: options.lockTimeoutMs ?? 10_000,
      },
    });
  } catch (error) {
    thread.end();
    throw error;
  }
  return new WorkerDatabase(thread);
}

class WorkerDatabase implements Database {
  readonly #thread: Thread;
  readonly #reader: Queries;
  readonly #writer: Queries;
  /** Set while a write's work runs, to find out a write inside it. */
  readonly #inside = new AsyncLocalStorage<true>();
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(thread: Thread) {
    this.#thread = thread;
    this.#reader = queries((sql, args) => thread.ask({ op: "read", sql, args }));
    this.#writer = queries((sql, args) => thread.ask({ op: "execute", sql, args }));
  }

  async read<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await work(this.#reader);
    } catch (error) {
      throw plain(error);
    }
  }

  write<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    if (this.#closing !== null) return Promise.reject(closedError());
    if (this.#inside.getStore() === true) {
      return Promise.reject(
        new Error(
          "Cannot write inside a write: each would wait for the other. Use the outer transaction",
        ),
      );
    }
    const done = this.#lastWrite.then(() => this.#transact(work));
    this.#lastWrite = done.catch(() => {}); // told to the caller; the queue goes on
    return done;
  }

  async #transact<T>(work: (queries: Queries) => Promise<T>): Promise<T> {
    await this.#thread.ask({ op: "begin" });
    const companion = companions.getStore();
    const along = companion !== undefined && !companion.done ? companion : null;
    let result: T;
    try {
      result = await this.#inside.run(true, async () => {
        const done = await work(this.#writer);
        await along?.write(this.#writer);
        return done;
      });
    } catch (error) {
      await this.#thread.ask({ op: "rollback" });
      throw plain(error);
    }
    await this.#thread.ask({ op: "commit" });
    if (along !== null) along.done = true;
    return result;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#lastWrite;
    try {
      await this.#thread.ask({ op: "close" });
    } finally {
      this.#thread.end();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The Worker with the driver: questions out, answers back. */
class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly (readonly SqlValue[])[]>>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor() {
    this.#worker = new Worker(new URL("./database_worker.ts", import.meta.url), {
      type: "module",
      name: "database",
    });
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("rows" in data) waiting?.resolve(data.rows);
      else waiting?.reject(revive(data.failure));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`The thread of the database broke down: ${event.message}`));
    };
  }

  ask(ask: Ask): Promise<readonly (readonly SqlValue[])[]> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const request: Request = { ...ask, id: ++this.#lastId };
    const waiting = Promise.withResolvers<readonly (readonly SqlValue[])[]>();
    this.#waiting.set(request.id, waiting);
    this.#worker.postMessage(request);
    return waiting.promise;
  }

  end(): void {
    this.#worker.terminate();
    this.#fail(closedError());
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function queries(
  ask: (sql: string, args: SqlValue[]) => Promise<readonly (readonly SqlValue[])[]>,
): Queries {
  return drizzle(async (sql: string, args: SqlValue[], mode: RowMode) => {
    const rows = await ask(sql, args);
    // Drizzle reads "no row" from an absent value, though its type asks for an array.
    return { rows: (mode === "get" ? rows[0] : rows) as unknown[] };
  });
}

/** The error beneath drizzle's own, whose message would repeat every parameter, secrets too. */
function plain(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

function revive(failure: { message: string; code: string; known: boolean }): Error {
  const { message, code } = failure;
  if (failure.known && code in HTTP_STATUS) return new AppError(code as ErrorCode, message);
  if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") {
    return new AppError(
      "data-invalid",
      `Cannot use the database: ${message}. Restore a copy of it`,
    );
  }
  // The driver tells SQLite's code 14, "cannot open", in words only.
  if (code.startsWith("SQLITE_CANTOPEN") || /^ConnectionFailed.*: 14"/.test(message)) {
    return new AppError(
      "not-found",
      `Cannot open the database: ${message}. Check that its folder exists`,
    );
  }
  if (code === "UNKNOWN" && /^fetch failed|error sending request/.test(message)) {
    return new AppError(
      "not-ready",
      `Cannot reach the server of the database: ${message}. Check that it runs, and its address`,
      { retryAfterSeconds: 5 },
    );
  }
  return new DatabaseError(code, message);
}

function closedError(): Error {
  return new DatabaseError("CLOSED", "Cannot use the database: it is closed");
}
