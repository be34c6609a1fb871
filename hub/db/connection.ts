/**
 * What the database thread does with a libSQL client: one connection that writes, one that reads.
 *
 * Works on an embedded file and on a server alike. A connection that met a lock is dropped, since an abandoned
 * BEGIN on it could hold the lock for ever.
 *
 * @module
 */
import type { Client, Config, InValue, Transaction } from "@libsql/client";
import { AppError } from "@aisle/shared/errors";
import { migrate } from "./migrate.ts";
import type { OpenOptions, SqlValue } from "./protocol.ts";

/** How long the driver itself waits for a lock; it blocks this thread, and so reads, meanwhile. */
const DRIVER_WAIT_MS = 100;

/** Rows as arrays of columns. */
export type Rows = SqlValue[][];

/** One database, opened and migrated; at most one transaction at a time. */
export class Connection {
  readonly #options: OpenOptions;
  readonly #create: (config: Config) => Client;
  #reader: Client;
  #writer: Client;
  #transaction: Transaction | null = null;
  #written = false;

  private constructor(options: OpenOptions, create: (config: Config) => Client) {
    this.#options = options;
    this.#create = create;
    this.#reader = this.#connect();
    this.#writer = this.#connect();
  }

  /** Opens `options.url` and brings it to the schema of this version. */
  static async open(options: OpenOptions): Promise<Connection> {
    // Loaded when needed: the native driver alone takes longer to load than to open a file.
    const { createClient } = isFile(options.url)
      ? await import("@libsql/client/sqlite3")
      : await import("@libsql/client/http");
    const connection = new Connection(options, createClient);
    try {
      await connection.#prepare();
    } catch (error) {
      connection.#drop();
      throw error;
    }
    return connection;
  }

  /** Runs one statement outside of the transaction; it sees what is committed. */
  async read(sql: string, args: readonly SqlValue[]): Promise<Rows> {
    return rows(await this.#retry(() => this.#reader.execute({ sql, args: args as InValue[] })));
  }

  /** Opens the write transaction. */
  async begin(): Promise<void> {
    if (this.#transaction !== null) throw new Error("Cannot begin: a transaction is open");
    this.#transaction = await this.#retry(() => this.#writer.transaction("write"));
    this.#written = true;
  }

  /** Runs one statement inside the transaction. */
  async execute(sql: string, args: readonly SqlValue[]): Promise<Rows> {
    return rows(await this.#open().execute({ sql, args: args as InValue[] }));
  }

  /** Ends the transaction; when this resolves it is on the disk. */
  async commit(): Promise<void> {
    const transaction = this.#open();
    this.#transaction = null;
    try {
      await transaction.commit();
    } catch (error) {
      this.#writer = this.#reconnect(this.#writer);
      throw error;
    }
  }

  /** Ends the transaction as if it had not been. */
  async rollback(): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === null) return;
    this.#transaction = null;
    try {
      if (!transaction.closed) await transaction.rollback();
    } catch {
      // A dropped connection rolls back as surely, and the error that led here is the one to tell.
      this.#writer = this.#reconnect(this.#writer);
    }
  }

  /** Closes both connections, and folds the write-ahead log into the file so that a copy of it is whole. */
  async close(): Promise<void> {
    await this.rollback();
    try {
      if (this.#written && isFile(this.#options.url)) {
        await this.#writer.execute("PRAGMA wal_checkpoint(TRUNCATE)");
      }
    } finally {
      this.#drop();
    }
  }

  #drop(): void {
    this.#reader.close();
    this.#writer.close();
  }

  async #prepare(): Promise<void> {
    if (isFile(this.#options.url)) {
      // Persistent in the file. Commits stay synchronous=FULL, the driver's default: what was acknowledged
      // outlives not only the process but the power, at one sync a transaction.
      await this.#retry(() => this.#writer.execute("PRAGMA journal_mode = WAL"));
    }
    await this.#retry(() => migrate(this.#writer, this.#options.migrations));
  }

  #connect(): Client {
    const { url, authToken } = this.#options;
    if (isFile(url)) return this.#create({ url, concurrency: 1, timeout: DRIVER_WAIT_MS });
    return this.#create({ url, ...(authToken === undefined ? {} : { authToken }) });
  }

  #reconnect(old: Client): Client {
    old.close();
    return this.#connect();
  }

  #open(): Transaction {
    if (this.#transaction !== null) return this.#transaction;
    throw new Error("Cannot go on: no transaction is open");
  }

  /** Tries again while another process holds the lock. Only for work that a lock leaves undone. */
  async #retry<T>(work: () => Promise<T>): Promise<T> {
    const attempts = Math.max(1, Math.ceil(this.#options.lockTimeoutMs / (2 * DRIVER_WAIT_MS)));
    for (let attempt = 1;; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error)) throw error;
        this.#reader = this.#reconnect(this.#reader);
        this.#writer = this.#reconnect(this.#writer);
        if (attempt >= attempts) {
          throw new AppError(
            "locked",
            "Cannot use the database: another process is writing to it. Stop the other one, or work through its hub",
            { cause: error, retryAfterSeconds: 1 },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, DRIVER_WAIT_MS));
      }
    }
  }
}

/** Whether `url` names an embedded file. */
export function isFile(url: string): boolean {
  return url.startsWith("file:");
}

function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

function rows(result: { readonly rows: readonly ArrayLike<unknown>[] }): Rows {
  return result.rows.map((row) => Array.from(row) as SqlValue[]);
}
