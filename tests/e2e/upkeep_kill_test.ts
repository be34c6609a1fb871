/**
 * Backup and restore killed with SIGKILL before every single change that they make to the file system.
 */
import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { openFolderStore } from "../../hub/artifact/blob_store.ts";
import type { KilledWork } from "../../hub/upkeep/killed_child.ts";
import { listSnapshots } from "../../hub/upkeep/backup_layout.ts";
import { refuseHalfRestored } from "../../hub/upkeep/restore_mark.ts";
import { restore } from "../../hub/upkeep/restore.ts";
import { verifyBackup } from "../../hub/upkeep/verify_backup.ts";
import { scratch } from "./processes.ts";
import { CATALOGUE, openDataFolder, releaseTinyBundle } from "./released_hub.ts";

/** Whether it came to its end instead of its kill. */
async function ended(work: KilledWork): Promise<boolean> {
  const child = new URL("../../hub/upkeep/killed_child.ts", import.meta.url).pathname;
  const { success, signal, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", child, JSON.stringify(work)],
    stdin: "null",
  }).output();
  assert.ok(success || signal === "SIGKILL", new TextDecoder().decode(stderr));
  return success;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("a backup or a restore that is killed anywhere leaves nothing that passes for whole, and can be done again", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, to = `${folder.path}/backup`;
  {
    await using hub = await openDataFolder(dataDir);
    await releaseTinyBundle(hub, dataDir);
  }
  const store = await openFolderStore(`${dataDir}/blobs`);
  const { digest } = await store.put(new TextEncoder().encode("another blob"));
  const options = {
    dataDir,
    databaseUrl: `file:${dataDir}/aisle.db`,
    to,
    version: "test",
    key: "plain",
  } as const;

  let kills = 0;
  for (let step = 1;; step++, kills++) {
    const nowMs = Date.UTC(2026, 0, 1) + step * 1000;
    const done = await ended({ kind: "backup", step, options: { ...options, nowMs } });
    // Killed after it had its name, it is whole; before, it is not there.
    for (const name of await listSnapshots(to)) {
      assert.deepEqual((await verifyBackup(to, name)).problems, [], `step ${step}`);
    }
    if (done) break;
  }
  assert.ok(kills >= 3, `${kills} kills`);

  kills = 0;
  for (let step = 1;; step++, kills++) {
    const target = `${folder.path}/restored-${step}`;
    const nowMs = Date.UTC(2026, 0, 2);
    const done = await ended({
      kind: "restore",
      step,
      options: { from: to, dataDir: target, nowMs },
    });
    if (!done) {
      const refused = await refuseHalfRestored(target).then(() => null, (error) => error);
      const begun = await isThere(`${target}/aisle.db`) || await isThere(`${target}/keys`);
      assert.ok(
        !begun || refused instanceof AppError,
        `step ${step}: half a hub could be opened`,
      );
      await restore({ from: to, dataDir: target, nowMs });
    }
    await refuseHalfRestored(target);
    await using hub = await openDataFolder(target);
    assert.equal((await hub.registry.releases.current(CATALOGUE))?.sequence, nowMs / 1000);
    const restored = await openFolderStore(`${target}/blobs`);
    assert.equal(new TextDecoder().decode(await restored.bytes(digest)), "another blob");
    if (done) break;
  }
  assert.ok(kills >= 6, `${kills} kills`);
});
