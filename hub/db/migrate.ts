/**
 * Brings a database to the schema of this version, by the generated migrations, each once and in order.
 *
 * All that are missing are applied in one transaction: a crash leaves the old schema or the new one. Applied
 * migrations are compared by hash, so that an edited file or a newer database is found out at start.
 *
 * @module
 */
import type { Client, Transaction } from "@libsql/client";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { AppError } from "@aisle/shared/errors";

const TABLE = "aisle_migrations";

/**
 * Applies what is missing; returns how many migrations that were.
 *
 * @throws {AppError} `conflict` when the database was made by another version than this one
 */
export async function migrate(client: Client, folder: string): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: folder });
  const exists = await client.execute({
    sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
    args: [TABLE],
  });
  if (exists.rows.length > 0 && await countApplied(client, known) === known.length) return 0;
  const transaction = await client.transaction("write");
  try {
    await transaction.execute(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (id INTEGER PRIMARY KEY, hash TEXT NOT NULL)`,
    );
    // Tables are rebuilt by some migrations; references must hold at the end, not at every statement.
    await transaction.execute("PRAGMA defer_foreign_keys = ON");
    const applied = await countApplied(transaction, known);
    for (const [i, { sql, hash }] of known.slice(applied).entries()) {
      for (const statement of sql) await transaction.execute(statement);
      await transaction.execute({
        sql: `INSERT INTO ${TABLE} (id, hash) VALUES (?, ?)`,
        args: [applied + i, hash],
      });
    }
    await transaction.commit();
    return known.length - applied;
  } finally {
    transaction.close();
  }
}

/** Number of migrations in the database, all of which must be the first ones of `known`. */
async function countApplied(
  client: Pick<Client | Transaction, "execute">,
  known: readonly { readonly hash: string }[],
): Promise<number> {
  const { rows } = await client.execute(`SELECT hash FROM ${TABLE} ORDER BY id`);
  if (rows.length > known.length) {
    throw new AppError(
      "conflict",
      `Cannot open the database: it has ${rows.length} migrations and this version knows ${known.length}. ` +
        "It was written by a newer version of Aisle: update Aisle",
    );
  }
  const odd = rows.findIndex((row, i) => row["hash"] !== known[i]!.hash);
  if (odd >= 0) {
    throw new AppError(
      "conflict",
      `Cannot open the database: its migration ${odd} is not the one of this version. ` +
        "Restore the migration's file, or start from another database",
    );
  }
  return rows.length;
}
