// Faults of the stack that this project replaces, each with a test through the real hub that fails when it comes back.
import assert from "node:assert/strict";
import { EDGE_PATHS, ReleaseDocument, SignedRelease } from "@aisle/shared/contract";
import { sha256 } from "@aisle/shared/hash";
import { rng, shuffle } from "@aisle/shared/random";
import { Evaluation } from "../../hub/evaluation/evaluation.ts";
import { gate } from "../../hub/evaluation/gate.ts";
import { evaluationOf, plantedRows } from "../../hub/evaluation/testing/planted.ts";
import type { Verdict } from "../../hub/evaluation/verdict.ts";
import { StageProcess, StageProcessDied } from "../../hub/pipeline/stage_process.ts";
import type { PipelineResult } from "../../hub/pipeline/pipeline.ts";
import { readRows } from "../../hub/data/version.ts";
import type { SplitOutput } from "../../hub/pipeline/stage_values.ts";
import { runTask } from "../e2e/processes.ts";
import { syntheticProducts } from "../e2e/synthetic_catalogue.ts";
import { PARAMS, rowsOf, WholeHub } from "./whole_hub.ts";

const products = rowsOf(syntheticProducts(600, 4));

/** What edges are told to serve. */
async function releaseOf(whole: WholeHub, token: string): Promise<ReleaseDocument> {
  const { status, body } = await whole.send(token, "GET", `${EDGE_PATHS.release}?catalogue=shop`);
  assert.equal(status, 200);
  return ReleaseDocument.parse(JSON.parse(SignedRelease.parse(body).payload));
}

Deno.test("the faults of the replaced stack stay away from the loop", async (t) => {
  await using whole = await WholeHub.open();
  const { registry } = whole.hub;
  const token = await whole.edgeToken();
  const shuffled = shuffle([...products], rng(3));
  const source = await whole.challenge(products, shuffled);
  let first: PipelineResult, second: PipelineResult;

  await t.step("labels are joined by id, in whatever order their file has them", async () => {
    first = await whole.pipeline("pipeline", { source, unseenShare: 0.8 });
    const head = await registry.datasets.head("shop");
    const rows = await whole.rows(head!.blob);
    assert.deepEqual(
      new Map(rows.map((row) => [row.id, row.code])),
      new Map(products.map((row) => [row.id, row.code])),
    );
    assert.equal(first.promoted, true);
  });

  await t.step("predictions are scored against labels by id, not by place", async () => {
    const folder = `${whole.dataDir}/files`;
    await Deno.mkdir(folder);
    await Deno.writeFile(`${folder}/x.csv`, await whole.blobs.bytes(source.x));
    await Deno.writeFile(`${folder}/y.csv`, await whole.blobs.bytes(source.y));
    const out = `${folder}/predictions.csv`;
    const args = ["predict", "--x", `${folder}/x.csv`, "--y", `${folder}/y.csv`, "--out", out];
    const { code, stdout, stderr } = await runTask(whole.dataDir, [...args, "--json"]);
    assert.equal(code, 0, stderr);
    const lines = (await Deno.readTextFile(out)).trim().split("\n").slice(1);
    const guesses = lines.map((line) => line.split(","));
    assert.deepEqual(guesses.map(([id]) => id), products.map((p) => p.id));
    const right = guesses.filter((guess, i) => guess[2] === products[i]!.code).length;
    const { rows, accuracy } = JSON.parse(stdout) as { rows: number; accuracy: number };
    assert.deepEqual([rows, accuracy], [products.length, right / products.length]);
    assert.ok(accuracy > 0.5, "by place it would be about 0.25");
  });

  await t.step("feedback has a true label, or is refused", async () => {
    const { status, body } = await whole.feedback(token, "no-label", products[0]!, "");
    assert.deepEqual([status, body["code"]], [400, "input-invalid"]);
    const unknown = await whole.feedback(token, "unknown", products[0]!, "no such code");
    assert.deepEqual([unknown.status, unknown.body["code"]], [422, "unknown-code"]);
    assert.equal((await registry.feedback.list()).items.length, 0);
  });

  await t.step(
    "feedback that was acknowledged outlives a restart, and is merged after it",
    async () => {
      const { split } = await registry.catalogues.settings("shop") as { split: SplitOutput };
      const unseen = await Array.fromAsync(
        readRows(await whole.blobs.open(split.sets.unseen.blob)),
      );
      for (const row of unseen) {
        assert.equal((await whole.feedback(token, `k${row.id}`, row, row.code)).status, 200);
      }
      await whole.reopen();
      const waiting = await whole.hub.registry.feedback.pending("shop");
      assert.deepEqual(
        new Map(waiting.map((row) => [row.key, row.code])),
        new Map(unseen.map((row) => [`k${row.id}`, row.code])),
      );
      second = await whole.pipeline("retrain");
      assert.equal(second.merged, unseen.length);
    },
  );

  await t.step("a promotion changes what edges are told to serve", async () => {
    assert.equal(second.promoted, true);
    assert.notEqual(second.bundle, first.bundle);
    const release = await releaseOf(whole, token);
    assert.equal(release.digest, second.bundle);
    const bundle = await whole.hub.app.request(`${EDGE_PATHS.bundles}/${release.digest}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(sha256(new Uint8Array(await bundle.arrayBuffer())), second.bundle);
    const again = { digest: second.bundle, why: "again" };
    const admin = whole.hub.localToken;
    const { status } = await whole.send(admin, "POST", "/api/v1/catalogues/shop/promote", again);
    assert.equal(status, 409, "a promotion that changes nothing is no success");
  });

  await t.step("a retrain goes on from the version before, restart or not", async () => {
    const { registry } = whole.hub;
    const head = await registry.datasets.head("shop");
    assert.equal(head!.parent, first.dataset);
    const changes = await registry.aliases.history("shop");
    assert.deepEqual(changes.map((change) => change.revision), [2, 1]);
    const releases = await registry.releases.list("shop");
    assert.deepEqual(releases.map((r) => [r.sequence, r.digest]), [
      [2, second.bundle],
      [1, first.bundle],
    ]);
    const models = await registry.models.list({ catalogue: "shop" });
    assert.deepEqual(models.map((m) => m.digest).sort(), [first.bundle, second.bundle].sort());
    const { record } = models.find((m) => m.digest === second.bundle)!.manifest as {
      record: { warm: string | null };
    };
    assert.equal(record.warm, first.bundle, "it starts from the champion's weights");
  });

  await t.step("what decides was logged, and the champion had trained on none of it", async () => {
    const { registry } = whole.hub;
    const record = (await registry.models.verdicts(second.bundle!))[0]!;
    assert.equal(record.against, first.bundle);
    const verdict = await whole.json<Verdict>(record.blob);
    const evaluated = (await registry.models.evaluations(second.bundle!))[0]!;
    const evaluation = Evaluation.parse(await whole.json(evaluated.blob));
    const run = await registry.runs.get(second.runId!);
    for (const figure of ["accuracy", "weightedF1", "macroF1"] as const) {
      assert.equal(run!.metrics[`gold.${figure}`], evaluation.scores[figure]);
      assert.equal(evaluated.metrics[figure], evaluation.scores[figure]);
    }
    const gain = verdict.rules.find((rule) => rule.id === "gain")!;
    assert.ok(Number.isFinite(gain.numbers["gain"]) && gain.numbers["gain"]! > 0);
    const leak = verdict.rules.find((rule) => rule.id === "champion-no-leak")!;
    assert.deepEqual([leak.ok, leak.numbers], [true, { leakedRows: 0 }]);
    assert.match(leak.message, /was trained on no gold row/);
  });

  await t.step(
    "a training that fails is a failed job and a failed run, and promotes nothing",
    async () => {
      const before = await whole.hub.registry.aliases.get("shop");
      const one = await whole.challenge(products.map((row) => ({ ...row, code: "1000" })));
      const job = await whole.job("pipeline", { source: one });
      assert.deepEqual([job.state, job.error?.code], ["failed", "data-invalid"]);
      const runs = await whole.hub.registry.runs.list({ catalogue: "shop" });
      const run = runs.items.find((run) => run.jobId === job.id);
      assert.equal(run?.state, "failed");
      assert.deepEqual(await whole.hub.registry.aliases.get("shop"), before);
      const head = await whole.hub.registry.datasets.head("shop");
      const bare = await whole.job("pipeline", { source: { ...one, y: null } });
      assert.deepEqual([bare.state, bare.error?.code], ["failed", "data-invalid"]);
      assert.deepEqual(await whole.hub.registry.datasets.head("shop"), head);
      const out = `${whole.dataDir}/none.csv`;
      const { code } = await runTask(whole.dataDir, ["predict", "--x", "no.csv", "--out", out]);
      assert.equal(code, 2);
    },
  );
});

Deno.test("a stage whose process is killed has failed, whatever it said before", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "aisle-killed-" });
  try {
    await using process = new StageProcess(dataDir);
    const running = process.run({
      stage: "check",
      input: { source: { kind: "challenge", x: "", y: null, images: null }, title: "" },
      params: PARAMS,
      checkpointFile: `${dataDir}/checkpoint`,
      signal: new AbortController().signal,
      onEvent: () => {},
    });
    Deno.kill(process.pid!, "SIGKILL");
    await assert.rejects(running, StageProcessDied);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("a candidate cannot be ranked by a figure that it does not have", () => {
  const champion = evaluationOf(plantedRows(200, 0.8), { bundle: "c".repeat(64) });
  const candidate = evaluationOf(plantedRows(200, 0.9));
  assert.equal(gate(candidate, champion, PARAMS.gate).accept, true);
  for (const figure of ["accuracy", "weightedF1", "macroF1"] as const) {
    const { [figure]: _gone, ...scores } = candidate.scores;
    assert.equal(Evaluation.safeParse({ ...candidate, scores }).success, false, figure);
    const nan = { ...candidate, scores: { ...candidate.scores, [figure]: NaN } };
    assert.equal(gate(nan, champion, PARAMS.gate).accept, false, figure);
  }
});

Deno.test("a champion gains nothing by the gold rows that it was trained on", () => {
  const rows = plantedRows(200, 0.8);
  const known = rows.slice(0, 100).map((row) => row.id);
  // It knows half of the gold rows by heart and is worse on the others.
  const worse = plantedRows(200, 0.7);
  const byHeart = rows.map((row, i) => i < 100 ? { ...row, predicted: row.code } : worse[i]!);
  const champion = evaluationOf(byHeart, { bundle: "c".repeat(64) });
  const told = { ...champion, leaks: { trainedRows: 500, rows: 100, ids: known } };
  const candidate = evaluationOf(rows);
  assert.equal(gate(candidate, champion, PARAMS.gate).accept, false);
  const verdict = gate(candidate, told, PARAMS.gate);
  assert.deepEqual([verdict.accept, verdict.rows], [true, 100]);
});

Deno.test("what fails never answers 200", async (t) => {
  await using whole = await WholeHub.open();
  const admin = whole.hub.localToken;
  const token = await whole.edgeToken();
  const catalogue = "/api/v1/catalogues/shop";
  const wrong: [who: string, method: string, path: string, body?: unknown][] = [
    [admin, "GET", "/api/v1/nothing"],
    [admin, "GET", catalogue],
    [admin, "POST", `${catalogue}/train`],
    [admin, "POST", `${catalogue}/train`, { nonsense: 1 }],
    [admin, "POST", `${catalogue}/jobs`, { kind: "nonsense" }],
    [admin, "POST", `${catalogue}/promote`, { digest: "0".repeat(64), why: "" }],
    [admin, "POST", `${catalogue}/rollback`, { why: "nothing to go back to" }],
    [admin, "POST", `${catalogue}/labels/merge`, { from: "1", into: "2" }],
    [admin, "GET", "/api/v1/runs/none"],
    [admin, "GET", "/api/v1/jobs/none"],
    [admin, "GET", `/api/v1/models/${"0".repeat(64)}`],
    [admin, "DELETE", "/api/v1/tokens/none"],
    [token, "GET", `${EDGE_PATHS.release}?catalogue=shop`],
    [token, "GET", `${EDGE_PATHS.bundles}/${"0".repeat(64)}`],
    [token, "POST", EDGE_PATHS.telemetry, { seq: "one" }],
    [token, "POST", EDGE_PATHS.feedback, { code: 1 }],
  ];
  for (const [who, method, path, body] of wrong) {
    await t.step(`${method} ${path}${body === undefined ? "" : " with a body"}`, async () => {
      const answer = await whole.send(who, method, path, body);
      assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
      assert.match(answer.type, /^application\/problem\+json/);
      assert.equal(answer.body["status"], answer.status);
      assert.equal(typeof answer.body["code"], "string");
    });
  }
});

Deno.test("a new hub has no token, takes no usual password and opens nothing but health", async () => {
  await using whole = await WholeHub.open();
  assert.deepEqual(await whole.hub.registry.tokens.list(), []);
  const mine = whole.hub.localToken;
  const guesses = ["", "admin", "password", "airflow", "mlflow", "changeme", "secret", "null"];
  for (
    const path of ["/api/v1/tokens", "/api/v1/catalogues", "/metrics", "/docs", "/api/v1/jobs"]
  ) {
    assert.equal((await whole.send(null, "GET", path)).status, 401, path);
    for (const guess of guesses) {
      assert.equal((await whole.send(guess, "GET", path)).status, 401, `${path} ${guess}`);
    }
    const basic = { authorization: `Basic ${btoa("admin:admin")}` };
    assert.equal((await whole.hub.app.request(path, { headers: basic })).status, 401, path);
  }
  assert.equal((await whole.send(null, "POST", "/api/v1/catalogues/shop/train")).status, 401);
  assert.equal((await whole.send(null, "GET", "/healthz")).status, 200);
  assert.equal((await whole.send(mine, "GET", "/api/v1/tokens")).status, 200);
  await whole.reopen();
  assert.equal((await whole.send(mine, "GET", "/api/v1/tokens")).status, 401, "it was for once");
});
