/**
 * SQLite files of other programs, read and never touched: a copy is opened.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";

/** A value of a column; whole numbers beyond 2^53 lose their last digits. */
export type ForeignValue = string | number | null | ArrayBuffer;

/** An open copy; dispose it. */
export interface ForeignFile extends AsyncDisposable {
  /** Rows by column. */
  rows(sql: string, args?: readonly (string | number)[]): Promise<Record<string, ForeignValue>[]>;
  /** Names of its tables. */
  readonly tables: ReadonlySet<string>;
}

/**
 * Opens a copy of `path`, with what its write-ahead log holds.
 *
 * @throws {AppError} `usage` where there is no file; `data-invalid` where it is no SQLite database
 */
export async function openForeignFile(path: string): Promise<ForeignFile> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-foreign-" });
  const remove = () => Deno.remove(folder, { recursive: true });
  try {
    await Deno.copyFile(path, `${folder}/copy.db`).catch((error) => {
      throw new AppError("usage", `Cannot read ${path}: ${messageOf(error)}`, { cause: error });
    });
    await Deno.copyFile(`${path}-wal`, `${folder}/copy.db-wal`).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    const { createClient } = await import("@libsql/client/sqlite3");
    const client = createClient({ url: `file:${folder}/copy.db` });
    const rows: ForeignFile["rows"] = async (sql, args = []) => {
      const result = await client.execute({ sql, args: [...args] });
      return result.rows.map((row) =>
        Object.fromEntries(result.columns.map((name, i) => [name, row[i] as ForeignValue]))
      );
    };
    try {
      const tables = await rows("SELECT name FROM sqlite_master WHERE type = 'table'");
      return {
        rows,
        tables: new Set(tables.map((row) => String(row["name"]))),
        async [Symbol.asyncDispose]() {
          client.close();
          await remove();
        },
      };
    } catch (error) {
      client.close();
      throw new AppError("data-invalid", `Cannot read ${path}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  } catch (error) {
    await remove();
    throw error;
  }
}
