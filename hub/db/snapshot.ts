/**
 * Copies of an embedded database while it is written to, and whether such a copy is whole.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import type { SnapshotAnswer, SnapshotAsk } from "./snapshot_worker.ts";

/**
 * Writes what is committed at this moment in the database at `url` into the new file `to`, on the disk when this
 * resolves. Writers are not kept waiting.
 *
 * @throws {AppError} `usage` for a libSQL server, which is backed up by its own means; `conflict` where it fails
 */
export async function copyDatabase(url: string, to: string): Promise<void> {
  if (!url.startsWith("file:")) {
    throw new AppError(
      "usage",
      "Cannot back up the database: it lies in a libSQL server, whose own snapshots are the way. " +
        "The blobs and the release key are files of the data folder",
    );
  }
  await ask({ op: "copy", url, to });
  using file = await Deno.open(to, { read: true, write: true });
  await file.sync();
}

/** Damage in the database file at `url`, at most some: none means that it is whole. */
export async function checkDatabase(url: string): Promise<readonly string[]> {
  return await ask({ op: "check", url });
}

async function ask(ask: SnapshotAsk): Promise<readonly string[]> {
  const worker = new Worker(new URL("./snapshot_worker.ts", import.meta.url), {
    type: "module",
    name: "database snapshot",
  });
  try {
    const answer = await new Promise<SnapshotAnswer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<SnapshotAnswer>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        resolve({ failure: event.message });
      };
      worker.postMessage(ask);
    });
    if ("problems" in answer) return answer.problems;
    throw new AppError("conflict", `Cannot ${ask.op} the database: ${answer.failure}`);
  } finally {
    worker.terminate();
  }
}
