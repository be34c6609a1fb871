import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { openFolderStore } from "../artifact/blob_store.ts";
import { openReleaseKey } from "../artifact/release_key.ts";
import { openDatabase } from "../db/database.ts";
import { createRegistry } from "../registry/create_registry.ts";
import { addBundles, fakeSign } from "../registry/registry_suite.ts";
import { backUp, type BackupOptions } from "./backup.ts";
import { refuseHalfRestored, RESTORE_MARK } from "./restore_mark.ts";
import { restore } from "./restore.ts";
import { openSealedKey, sealKey } from "./sealed_key.ts";
import { withUpkeepLock } from "./upkeep_lock.ts";
import { verifyBackup } from "./verify_backup.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const PASSPHRASE = "a sentence that nobody guesses";

/** A data folder with a catalogue, a champion and three blobs, a folder for backups, one to restore into. */
async function withFolders(
  work: (folders: {
    readonly options: BackupOptions;
    readonly target: string;
    readonly blobs: readonly string[];
    open(dataDir: string): Promise<ReturnType<typeof createRegistry> & AsyncDisposable>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-backup-" });
  const dataDir = `${folder}/data`;
  const open = async (dataDir: string) => {
    const database = await openDatabase({ url: `file:${dataDir}/aisle.db` });
    const registry = createRegistry(database, { now: () => NOW, newId: () => crypto.randomUUID() });
    return Object.assign(registry, {
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    });
  };
  try {
    await Deno.mkdir(`${dataDir}/keys`, { recursive: true });
    await Deno.mkdir(`${dataDir}/features`);
    await Deno.writeTextFile(`${dataDir}/features/abc.jsonl`, "\n{}\n");
    await openReleaseKey(`${dataDir}/keys/release.pkcs8`);
    const store = await openFolderStore(`${dataDir}/blobs`);
    const blobs = await Promise.all(
      ["one", "two", "three"].map(async (text) =>
        (await store.put(new TextEncoder().encode(text))).digest
      ),
    );
    {
      await using registry = await open(dataDir);
      await addBundles(registry, "shop", [blobs[0]!]);
      await registry.labels.ensure("shop", [{ code: "10", name: "Books" }]);
      await registry.aliases.promote({
        catalogue: "shop",
        digest: blobs[0]!,
        expectedRevision: 0,
        by: "test",
        why: "",
        sign: fakeSign,
      });
    }
    await work({
      options: {
        dataDir,
        databaseUrl: `file:${dataDir}/aisle.db`,
        to: `${folder}/backup`,
        version: "0.0.0-test",
        nowMs: NOW,
        key: { passphrase: PASSPHRASE },
      },
      target: `${folder}/restored`,
      blobs,
      open,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const code = (wanted: string) => (error: unknown) =>
  error instanceof AppError && error.code === wanted;

Deno.test("what was backed up comes back, and the champion is released anew above every sequence before", async () => {
  await withFolders(async ({ options, target, blobs, open }) => {
    const made = await backUp(options);
    assert.deepEqual([made.blobs, made.added, made.key], [3, 3, "sealed"]);
    assert.deepEqual((await verifyBackup(options.to)).problems, []);
    const restored = await restore({
      from: options.to,
      dataDir: target,
      nowMs: NOW,
      passphrase: PASSPHRASE,
    });
    assert.equal(restored.snapshot, made.snapshot);
    assert.deepEqual(restored.releases, [{ catalogue: "shop", sequence: NOW / 1000 }]);
    const store = await openFolderStore(`${target}/blobs`);
    for (const digest of blobs) assert.ok((await store.bytes(digest)).length > 0);
    assert.deepEqual(
      await Deno.readFile(`${target}/keys/release.pkcs8`),
      await Deno.readFile(`${options.dataDir}/keys/release.pkcs8`),
    );
    assert.equal(await Deno.readTextFile(`${target}/features/abc.jsonl`), "\n{}\n");
    await refuseHalfRestored(target);
    await using registry = await open(target);
    assert.equal((await registry.aliases.get("shop")).champion, blobs[0]);
    assert.equal((await registry.releases.list("shop")).length, 2);
    assert.equal((await registry.audit.list({ action: "restore" })).items.length, 1);
    await assert.rejects(
      restore({ from: options.to, dataDir: target, nowMs: NOW, passphrase: PASSPHRASE }),
      code("conflict"),
    );
  });
});

Deno.test("a second backup copies only what is new, and old snapshots go with the blobs that only they have", async () => {
  await withFolders(async ({ options, blobs }) => {
    await backUp(options);
    const store = await openFolderStore(`${options.dataDir}/blobs`);
    const { digest } = await store.put(new TextEncoder().encode("four"));
    await Deno.remove(`${options.dataDir}/blobs/${blobs[1]!.slice(0, 2)}/${blobs[1]}`);
    const second = await backUp({ ...options, nowMs: NOW + 1000, keep: 2 });
    assert.deepEqual([second.blobs, second.added, second.removed.length], [3, 1, 0]);
    assert.deepEqual((await verifyBackup(options.to, "20260102T030405.000Z")).problems, []);
    const third = await backUp({ ...options, nowMs: NOW + 2000, keep: 1 });
    assert.equal(third.removed.length, 2);
    const kept = await openFolderStore(`${options.to}/blobs`);
    assert.deepEqual(
      await Promise.all([...blobs, digest].map((name) => kept.has(name))),
      [true, false, true, true],
    );
    assert.deepEqual((await verifyBackup(options.to)).problems, []);
  });
});

Deno.test("a backup that was cut short looks like none, and the next one uses what it left", async () => {
  await withFolders(async ({ options }) => {
    const stop = new AbortController();
    const cut = { ...options, signal: stop.signal, onProgress: () => stop.abort() };
    await assert.rejects(backUp(cut), code("cancelled"));
    await assert.rejects(verifyBackup(options.to), code("not-found"));
    const made = await backUp({ ...options, nowMs: NOW + 1 });
    assert.deepEqual([made.blobs, made.added], [3, 2]);
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(`${options.to}/snapshots`))).map(({ name }) => name),
      [made.snapshot],
    );
  });
});

Deno.test("damage anywhere in a backup is told by verify and refused by restore", async () => {
  await withFolders(async ({ options, target, blobs }) => {
    const { snapshot } = await backUp(options);
    const blob = `${options.to}/blobs/${blobs[2]!.slice(0, 2)}/${blobs[2]}`;
    const flip = async (path: string) => {
      const bytes = await Deno.readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      // A new file: the old bytes may be the data folder's own, under a second name.
      await Deno.remove(path);
      await Deno.writeFile(path, bytes);
    };
    await flip(blob);
    assert.deepEqual((await verifyBackup(options.to)).problems, [`blob ${blobs[2]} is damaged`]);
    const again = { from: options.to, dataDir: target, nowMs: NOW, passphrase: PASSPHRASE };
    await assert.rejects(restore(again), code("data-invalid"));
    await assert.rejects(refuseHalfRestored(target), code("conflict"));
    await flip(blob);
    await restore(again);
    await refuseHalfRestored(target);
    await flip(`${options.to}/snapshots/${snapshot}/database.db`);
    await assert.rejects(
      restore({ ...again, dataDir: `${target}-2` }),
      /database\.db is damaged/,
    );
  });
});

Deno.test("a restore that was killed may be run again; another one may not", async () => {
  await withFolders(async ({ options, target }) => {
    const { snapshot } = await backUp(options);
    const stop = new AbortController();
    const again = { from: options.to, dataDir: target, nowMs: NOW, passphrase: PASSPHRASE };
    const cut = { ...again, signal: stop.signal, onProgress: () => stop.abort() };
    await assert.rejects(restore(cut), code("cancelled"));
    assert.equal((await Deno.readTextFile(`${target}/${RESTORE_MARK}`)).trim(), snapshot);
    await backUp({ ...options, nowMs: NOW + 1000 });
    await assert.rejects(restore(again), /was begun there and not ended/);
    await restore({ ...again, snapshot });
    await refuseHalfRestored(target);
  });
});

Deno.test("without the release key there is no restore, and another key is refused", async () => {
  await withFolders(async ({ options, target }) => {
    await backUp({ ...options, key: "absent" });
    const again = { from: options.to, dataDir: target, nowMs: NOW };
    await assert.rejects(restore(again), /not in this backup/);
    const other = `${options.dataDir}/other.pkcs8`;
    await openReleaseKey(other);
    await assert.rejects(restore({ ...again, key: await Deno.readFile(other) }), /not the one/);
    const key = await Deno.readFile(`${options.dataDir}/keys/release.pkcs8`);
    await restore({ ...again, key });
  });
});

Deno.test("a sealed key opens by its passphrase alone", async () => {
  const key = crypto.getRandomValues(new Uint8Array(48));
  const sealed = await sealKey(key, PASSPHRASE);
  assert.deepEqual(await openSealedKey(sealed, PASSPHRASE), key);
  await assert.rejects(openSealedKey(sealed, PASSPHRASE + "."), code("data-invalid"));
  for (const at of [0, 14, 30, sealed.length - 1]) {
    const damaged = sealed.slice();
    damaged[at]! ^= 1;
    await assert.rejects(openSealedKey(damaged, PASSPHRASE), code("data-invalid"));
  }
  await assert.rejects(sealKey(key, "short"), code("usage"));
});

Deno.test("a backup waits for no other upkeep: it is refused meanwhile", async () => {
  await withFolders(async ({ options }) => {
    await withUpkeepLock(options.dataDir, async () => {
      await assert.rejects(backUp(options), code("locked"));
    });
    await assert.rejects(backUp({ ...options, to: `${options.dataDir}/backup` }), code("usage"));
    await assert.rejects(
      backUp({ ...options, databaseUrl: "http://127.0.0.1:1" }),
      code("usage"),
    );
  });
});
