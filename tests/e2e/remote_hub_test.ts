import assert from "node:assert/strict";
import { writeMlflowDatabase } from "../../hub/testing/mlflow_database.ts";
import { runJson, runTask, scratch, startHub, until } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

Deno.test("every kind of command works on a hub elsewhere, by its address and a token, from a machine without data", async (t) => {
  await using folder = await scratch();
  await using hub = await startHub(`${folder.path}/hub`);
  const told = () => /Admin token +(\S+)/.exec(hub.output())?.[1];
  await until("the admin token", () => Promise.resolve(told() !== undefined));
  const admin = told()!;
  const here = `${folder.path}/here`, raw = `${folder.path}/shop`;
  await writeChallenge(raw, syntheticProducts(160, 4));
  const env = { AISLE_TOKEN: admin, AISLE_HUB: hub.url };
  // deno-lint-ignore no-explicit-any -- tests look into whatever comes
  const json = (...args: string[]) => runJson<any>(here, args, env);

  await t.step(
    "files go there, and what is learned there is listed, named, served and scored here",
    async () => {
      const files = ["--x", `${raw}/x.csv`, "--y", `${raw}/y.csv`];
      const result = await json("pipeline", ...files);
      assert.equal(result.promoted, true);
      assert.equal((await json("models")).aliases.champion, result.bundle);
      assert.ok(JSON.stringify(await json("runs")).includes("pipeline"));
      assert.ok(JSON.stringify(await json("datasets")).includes(result.dataset));
      await Deno.writeTextFile(`${folder.path}/catalog.json`, '{"1000": "Thousand"}');
      await json("import", "--catalog", `${folder.path}/catalog.json`, "--catalogue", "shop");
      const scored = await json("predict", ...files, "--out", `${folder.path}/out.csv`);
      assert.equal(scored.rows, 160);
      assert.match(await Deno.readTextFile(`${folder.path}/out.csv`), /Thousand/);
      const rollback = await runTask(here, ["rollback"], env);
      assert.match(rollback.stderr, /Cannot roll back catalogue shop: there is no champion before/);
      await Deno.stat(`${here}/aisle.db`).then(
        () => assert.fail("a database was made here"),
        (error) => assert.ok(error instanceof Deno.errors.NotFound),
      );
    },
  );

  await t.step("an import from MLflow, twice", async () => {
    await writeMlflowDatabase(`${folder.path}/mlflow.db`);
    const first = await json("import", "--mlflow", `${folder.path}/mlflow.db`);
    const second = await json("import", "--mlflow", `${folder.path}/mlflow.db`);
    assert.deepEqual([first.mlflow.runs, second.mlflow.runs], [3, 0]);
  });

  await t.step(
    "tokens are made, rotated and revoked there; a viewer's changes nothing",
    async () => {
      const { token } = await json(
        "tokens",
        "create",
        "bob",
        "--role",
        "viewer",
        "--expires",
        "1d",
      );
      const asBob = { AISLE_TOKEN: token };
      const read = await runTask(here, ["api", "whoami", "--hub", hub.url], asBob);
      assert.deepEqual(JSON.parse(read.stdout), { name: "bob", role: "viewer" });
      const change = await runTask(
        here,
        ["labels", "rename", "1010", "X", "--catalogue", "shop", "--hub", hub.url],
        asBob,
      );
      assert.equal(change.code, 1);
      assert.match(change.stderr, /needs the role operator/);
      await json("tokens", "rotate", "bob");
      const late = await runTask(here, ["runs", "--hub", hub.url], asBob);
      assert.match(late.stderr, /was replaced/);
      const revoked = await json("tokens", "revoke", "bob");
      assert.notEqual(revoked.revokedAt, null);
    },
  );

  await t.step("whatever has no command of its own is called by its name", async () => {
    const audit = await runTask(here, ["api", "list-audit", "limit=200"], env);
    const actions = JSON.parse(audit.stdout).items.map((e: { action: string }) => e.action);
    for (const action of ["create-token", "rotate-token", "revoke-token"]) {
      assert.ok(actions.includes(action), action);
    }
    assert.ok(!audit.stdout.includes("aisle_viewer_"), "no secret is told");
    const wrong = await runTask(here, ["api", "list-audits"], env);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /Did you mean list-audit\?/);
  });

  await t.step("a wrong token, a missing one and a hub that is not there are told", async () => {
    const cases = [
      [{ AISLE_TOKEN: "nonsense" }, hub.url, /unknown or was revoked/],
      [{ AISLE_TOKEN: "" }, hub.url, /AISLE_TOKEN must hold a token/],
      [{ AISLE_TOKEN: admin }, "http://127.0.0.1:1", /Cannot reach the hub/],
      [{ AISLE_TOKEN: admin }, "ftp://x", /must be an http\(s\) URL/],
    ] as const;
    for (const [tokenEnv, url, why] of cases) {
      const { code, stderr } = await runTask(here, ["models", "--hub", url], tokenEnv);
      assert.notEqual(code, 0);
      assert.match(stderr, why);
    }
  });
});
