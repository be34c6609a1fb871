import assert from "node:assert/strict";
import type { FeedbackAnswer, Prediction } from "@aisle/shared/contract";
import {
  hubJson,
  post,
  runJson,
  type Running,
  runTask,
  scratch,
  startEdge,
  startHub,
  until,
} from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

interface Result {
  readonly ran: string[];
  readonly bundle: string;
  readonly champion: string;
  readonly promoted: boolean;
  readonly counts: Record<string, number>;
}
interface Aliases {
  readonly champion: string | null;
  readonly previous: string | null;
  readonly revision: number;
}
interface Job {
  readonly id: string;
  readonly state: string;
  readonly result: { decision?: string; retrainJob?: string };
}

const aliasesOf = (dataDir: string) =>
  hubJson<Aliases>(dataDir, "GET", "/api/v1/catalogues/shop/aliases");

/** A client without retries that asks `edge` until it is stopped. */
function steadyClient(edge: Running, product: unknown) {
  const failures: string[] = [], digests = new Set<string>();
  let asked = 0, stopped = false;
  const done = (async () => {
    while (!stopped) {
      asked++;
      try {
        const { status, body } = await post<Prediction>(`${edge.url}/v1/predict`, product);
        if (status === 200) digests.add(body.digest);
        else failures.push(`${status} ${JSON.stringify(body)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  })();
  return {
    async stop() {
      stopped = true;
      await done;
      return { asked, failures, digests };
    },
  };
}

Deno.test("feedback through an edge becomes a better champion that the edge serves, and rollback returns", async (t) => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  const products = syntheticProducts(900, 6);
  await writeChallenge(`${folder.path}/shop`, products);
  await using _hub = await startHub(dataDir);

  const first = await runJson<Result>(dataDir, [
    "pipeline",
    "--x",
    `${folder.path}/shop/x.csv`,
    "--y",
    `${folder.path}/shop/y.csv`,
    "--name",
    "shop",
    "--unseen",
    "0.85",
  ]);
  await t.step("the first pipeline promotes its bundle", () => {
    assert.equal(first.promoted, true);
    assert.equal(first.champion, first.bundle);
    assert.equal(first.counts["train"]! + first.counts["gold"]! + first.counts["unseen"]!, 900);
  });

  await using edge = await startEdge(dataDir, "shop");
  await using other = await startEdge(dataDir, "shop");
  const { code, ...product } = products[0]!;

  await t.step(
    "feedback for a request that another edge answered is kept as unjoined, and said so",
    async () => {
      const prediction = await post<Prediction>(`${edge.url}/v1/predict`, product);
      const answer = await post<FeedbackAnswer>(`${other.url}/v1/feedback`, {
        requestId: prediction.body.requestId,
        code,
      });
      assert.equal(answer.status, 201);
      assert.equal(answer.body.joined, false);
      assert.ok(answer.body.note !== undefined && answer.body.note.length > 0);
      const stats = await hubJson<{ unjoined: number; joined: number }>(
        dataDir,
        "GET",
        "/api/v1/catalogues/shop/feedback/stats",
      );
      assert.deepEqual([stats.unjoined, stats.joined], [1, 0]);
    },
  );

  const client = steadyClient(edge, product);
  await t.step(
    "simulated users bring feedback, the inspection retrains, the gate accepts",
    async () => {
      const users = await runJson<{ stored: number; failed: number }>(dataDir, [
        "simulate",
        "--edge",
        edge.url,
        "--products",
        "500",
        "--seed",
        "1",
      ]);
      assert.deepEqual([users.stored, users.failed], [500, 0]);
      const job = await hubJson<Job>(dataDir, "POST", "/api/v1/catalogues/shop/inspect", {});
      let inspection = job;
      await until("the inspection", async () => {
        inspection = await hubJson<Job>(dataDir, "GET", `/api/v1/jobs/${job.id}`);
        return inspection.state === "succeeded";
      });
      assert.equal(inspection.result.decision, "retrain");
      await until("the retrain", async () => {
        const { state } = await hubJson<Job>(
          dataDir,
          "GET",
          `/api/v1/jobs/${inspection.result.retrainJob}`,
        );
        assert.notEqual(state, "failed");
        return state === "succeeded";
      });
      const aliases = await aliasesOf(dataDir);
      assert.notEqual(aliases.champion, first.bundle);
      assert.equal(aliases.previous, first.bundle);
    },
  );

  await t.step("the edge swaps and a client without retries counts no failed request", async () => {
    const { champion } = await aliasesOf(dataDir);
    await until(
      "the swap",
      async () =>
        (await post<Prediction>(`${edge.url}/v1/predict`, product)).body.digest === champion,
    );
    const { asked, failures, digests } = await client.stop();
    assert.deepEqual(failures, []);
    assert.ok(asked > 100, `only ${asked} requests`);
    assert.deepEqual([...digests].sort(), [first.bundle, champion!].sort());
  });

  await t.step("rollback returns, and asking for the pipeline again does not undo it", async () => {
    const state = await runJson<Aliases>(dataDir, ["rollback", "--why", "test"]);
    assert.equal(state.champion, first.bundle);
    await until(
      "the edge to return",
      async () =>
        (await post<Prediction>(`${edge.url}/v1/predict`, product)).body.digest === first.bundle,
    );
    const again = await runJson<Result>(dataDir, ["retrain"]);
    assert.equal(
      again.champion,
      first.bundle,
      "a bundle that was rolled back does not return by itself",
    );
  });

  await t.step("a stale revision is refused", async () => {
    const { code, stderr } = await runTask(dataDir, ["rollback", "--expected-revision", "1"]);
    assert.equal(code, 1);
    assert.match(stderr, /revision/);
  });
});

Deno.test("what has not changed does not run again; a gate threshold runs the gate alone", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  await writeChallenge(`${folder.path}/shop`, syntheticProducts(300, 4));
  const pipeline = [
    "pipeline",
    "--x",
    `${folder.path}/shop/x.csv`,
    "--y",
    `${folder.path}/shop/y.csv`,
    "--name",
    "shop",
  ];
  const first = await runJson<Result>(dataDir, pipeline);
  assert.deepEqual(first.ran, [
    "check",
    "ingest",
    "split",
    "features",
    "train",
    "export",
    "evaluate",
    "gate",
    "promote",
  ]);
  const second = await runJson<Result>(dataDir, pipeline);
  assert.deepEqual([second.ran, second.bundle], [[], first.bundle]);

  const yaml = await Deno.readTextFile(new URL("../../params.yaml", import.meta.url));
  await Deno.writeTextFile(
    `${folder.path}/params.yaml`,
    yaml.replace("margin: 0.01", "margin: 0.02"),
  );
  const env = { AISLE_PARAMS: `${folder.path}/params.yaml` };
  assert.deepEqual((await runJson<Result>(dataDir, pipeline, env)).ran, ["gate"]);

  await assertSameDigestElsewhere(folder.path, pipeline, first.bundle);
});

/** The same inputs in another data folder give the same bundle, bit for bit. */
async function assertSameDigestElsewhere(
  folder: string,
  pipeline: string[],
  digest: string,
): Promise<void> {
  const elsewhere = await runJson<Result>(`${folder}/other`, pipeline);
  assert.equal(elsewhere.bundle, digest);
}
