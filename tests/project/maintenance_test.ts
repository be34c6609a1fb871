/**
 * Backup and garbage collection as jobs of the hub: by the API, by admins alone, where the environment says.
 */
import assert from "node:assert/strict";
import { listSnapshots } from "../../hub/upkeep/backup_layout.ts";
import { verifyBackup } from "../../hub/upkeep/verify_backup.ts";
import type { Job } from "../../hub/registry/jobs.ts";
import { openDataFolder } from "../e2e/released_hub.ts";

Deno.test("a hub backs itself up and collects its garbage as jobs that belong to no catalogue", async () => {
  const folder = await Deno.makeTempDir({ prefix: "aisle-maintenance-" });
  try {
    const to = `${folder}/backup`, passphraseFile = `${folder}/passphrase`;
    await Deno.writeTextFile(passphraseFile, "a sentence that nobody guesses\n");
    const env = { HUB_BACKUP_DIR: to, HUB_BACKUP_PASSPHRASE_FILE: passphraseFile };
    await using hub = await openDataFolder(`${folder}/data`, env);
    const ask = async (kind: string, token: string, body: object = {}) =>
      await hub.app.request(`/api/v1/maintenance/${kind}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const run = async (kind: string, body: object = {}) => {
      const answer = await ask(kind, hub.localToken, body);
      assert.equal(answer.status, 202);
      const { id } = await answer.json() as Job;
      await hub.jobs.idle();
      return (await hub.registry.jobs.get(id))!;
    };
    const backup = await run("backup");
    assert.deepEqual([backup.state, backup.catalogue], ["succeeded", ""]);
    const { manifest, problems } = await verifyBackup(to);
    assert.deepEqual([manifest.key.form, problems, (await listSnapshots(to)).length], [
      "sealed",
      [],
      1,
    ]);
    const gc = await run("gc", { dryRun: true });
    assert.equal(gc.state, "succeeded");
    assert.equal((gc.result as { dryRun: boolean }).dryRun, true);
    assert.deepEqual(await hub.registry.catalogues.list(), []);

    // No path comes over the API, and nobody but an admin starts either.
    const elsewhere = await ask("backup", hub.localToken, { to: "/elsewhere" });
    assert.equal(elsewhere.status, 400);
    await elsewhere.body?.cancel();
    const { token } = await hub.registry.tokens.create({ name: "an operator", role: "operator" });
    for (const kind of ["backup", "gc"]) {
      const refused = await ask(kind, token);
      assert.equal(refused.status, 403);
      await refused.body?.cancel();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
