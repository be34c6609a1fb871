/**
 * The thread that copies or checks a database file. Apart from the thread of the database, so that writes go on:
 * the copy sees what was committed when it began.
 *
 * @module
 */
import { createClient } from "@libsql/client/sqlite3";
import { messageOf } from "@aisle/shared/errors";

/** What is asked, once a thread. */
export type SnapshotAsk =
  | { readonly op: "copy"; readonly url: string; readonly to: string }
  | { readonly op: "check"; readonly url: string };

/** What it says: the problems found, none for a copy; or why it could not. */
export type SnapshotAnswer =
  | { readonly problems: readonly string[] }
  | { readonly failure: string };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<SnapshotAsk>) => void) | null;
  postMessage(answer: SnapshotAnswer): void;
};
scope.onmessage = async ({ data }) => {
  const client = createClient({ url: data.url, concurrency: 1 });
  try {
    if (data.op === "copy") {
      await client.execute({ sql: "VACUUM INTO ?", args: [data.to] });
      scope.postMessage({ problems: [] });
    } else {
      const found = await client.execute("PRAGMA integrity_check(10)");
      const strays = await client.execute("PRAGMA foreign_key_check");
      scope.postMessage({
        problems: [
          ...found.rows.map((row) => String(row[0])).filter((text) => text !== "ok"),
          ...strays.rows.slice(0, 10).map((row) => `a row of ${row[0]} names none of ${row[2]}`),
        ],
      });
    }
  } catch (error) {
    scope.postMessage({ failure: messageOf(error) });
  } finally {
    client.close();
  }
};
