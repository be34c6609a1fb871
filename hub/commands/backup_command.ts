/**
 * `backup` and `restore`: copies of everything a hub remembers, made while it works.
 *
 * A backup is made by this process itself, beside a hub that serves: no path of this machine goes over the API.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { VERSION } from "../hub.ts";
import { acquireLock, readLock } from "../lock.ts";
import { backUp } from "../upkeep/backup.ts";
import { readPassphrase } from "../upkeep/backup_settings.ts";
import { restore as restoreFolder } from "../upkeep/restore.ts";
import { verifyBackup } from "../upkeep/verify_backup.ts";
import { type Arguments, type Command, type CommandContext, JSON_OUTPUT } from "./command.ts";

const SNAPSHOT = {
  name: "snapshot",
  value: "NAME",
  help: "which snapshot (default: the newest)",
};
const PASSPHRASE = {
  name: "passphrase-file",
  value: "FILE",
  help: "file with the passphrase of the release key (default: HUB_BACKUP_PASSPHRASE_FILE)",
};

async function passphraseOf(args: Arguments, { config }: CommandContext) {
  const file = args.text("passphrase-file") ?? config.backupPassphraseFile;
  return file === undefined ? undefined : await readPassphrase(file);
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

const backup: Command = {
  name: "backup",
  serves: true,
  summary:
    "Copies database, blobs and release key into a folder, while the hub works. Only what is new is copied.",
  options: [
    { name: "to", value: "FOLDER", help: "where to (default: HUB_BACKUP_DIR)" },
    { name: "keep", value: "N", help: "remove all but the newest N snapshots (default: keep all)" },
    { name: "verify", help: "make none: read a snapshot from end to end and compare every digest" },
    SNAPSHOT,
    PASSPHRASE,
    { name: "plain-key", help: "put the release key in without a passphrase" },
    JSON_OUTPUT,
  ],
  examples: [
    "deno task backup --to /mnt/backup/aisle --keep 14 --passphrase-file passphrase.txt",
    "deno task backup --to /mnt/backup/aisle --verify",
  ],
  async run(args, context) {
    const { config, terminal, signal } = context;
    const to = args.text("to") ?? config.backupDir;
    if (to === undefined) {
      throw new AppError("usage", "Say where the backup lies: --to FOLDER, or HUB_BACKUP_DIR");
    }
    if (args.has("verify")) {
      const { snapshot, manifest, blobs, problems } = await verifyBackup(to, args.text("snapshot"));
      if (problems.length > 0) {
        throw new AppError(
          "data-invalid",
          `Snapshot ${snapshot} is damaged: ${problems.join("; ")}`,
        );
      }
      if (args.has("json")) return terminal.print(JSON.stringify({ snapshot, blobs, problems }));
      return terminal.print(
        `Snapshot     ${snapshot} is whole: ${blobs} blobs (${megabytes(manifest.blobs.bytes)}), ` +
          `release key ${manifest.key.form}`,
      );
    }
    const keep = args.number("keep");
    if (keep !== undefined && !(Number.isInteger(keep) && keep > 0)) {
      throw new AppError(
        "usage",
        `--keep must be a whole number above 0: current value is ${keep}`,
      );
    }
    const passphrase = await passphraseOf(args, context);
    const result = await backUp({
      dataDir: config.dataDir,
      databaseUrl: config.databaseUrl,
      to,
      version: VERSION,
      nowMs: Date.now(),
      keep,
      key: args.has("plain-key") ? "plain" : passphrase === undefined ? "absent" : { passphrase },
      signal,
      onProgress: (done, total) => terminal.progress("blobs", done, total),
    });
    terminal.clear();
    if (args.has("json")) return terminal.print(JSON.stringify(result));
    terminal.print(`Snapshot     ${result.snapshot} in ${to}`);
    terminal.print(
      `Blobs        ${result.blobs} (${megabytes(result.bytes)}), ${result.added} of them new` +
        (result.linked > 0
          ? `; ${result.linked} share the disk's space with the data folder, so this is no guard against a lost disk`
          : ""),
    );
    if (result.removed.length > 0) terminal.print(`Removed      ${result.removed.join(", ")}`);
    terminal.print(
      result.key === "absent"
        ? "Release key  NOT in the backup: give a passphrase (--passphrase-file), or keep keys/release.pkcs8 elsewhere"
        : `Release key  ${result.key === "sealed" ? "under the passphrase" : "in plain: guard it"}`,
    );
  },
};

const restore: Command = {
  name: "restore",
  serves: true,
  summary:
    "Brings an empty data folder (AISLE_DATA) back from a backup; edges take its releases as new ones.",
  options: [
    { name: "from", value: "FOLDER", help: "the backup" },
    SNAPSHOT,
    PASSPHRASE,
    {
      name: "key",
      value: "FILE",
      help: "the release key, where the backup is without (keys/release.pkcs8)",
    },
    JSON_OUTPUT,
  ],
  examples: [
    "AISLE_DATA=/srv/aisle deno task restore --from /mnt/backup/aisle --passphrase-file passphrase.txt",
  ],
  async run(args, context) {
    const { config, terminal, signal } = context;
    const from = args.text("from"), keyFile = args.text("key");
    if (from === undefined) throw new AppError("usage", "Say where the backup lies: --from FOLDER");
    if (!config.databaseUrl.startsWith("file:")) {
      throw new AppError(
        "usage",
        "Cannot restore into a libSQL server: unset HUB_DATABASE_URL, or restore the server by its own means",
      );
    }
    using lock = acquireLock(config.dataDir);
    if (lock === null) {
      const holder = await readLock(config.dataDir);
      throw new AppError(
        "locked",
        `Cannot restore into ${config.dataDir}: process ${
          holder?.pid ?? "unknown"
        } has it. Stop it first`,
      );
    }
    const result = await restoreFolder({
      from,
      snapshot: args.text("snapshot"),
      dataDir: config.dataDir,
      nowMs: Date.now(),
      passphrase: await passphraseOf(args, context),
      key: keyFile === undefined ? undefined : await Deno.readFile(keyFile),
      signal,
      onProgress: (done, total) => terminal.progress("blobs", done, total),
    });
    terminal.clear();
    if (args.has("json")) return terminal.print(JSON.stringify(result));
    terminal.print(`Restored     ${result.snapshot}: everything up to ${result.createdAt}`);
    terminal.print(`Blobs        ${result.blobs}, each compared with its digest`);
    for (const { catalogue, sequence } of result.releases) {
      terminal.print(`Release      ${catalogue}: champion released anew as ${sequence}`);
    }
  },
};

/** `backup` and `restore`. */
export const BACKUP_COMMANDS: readonly Command[] = [backup, restore];
