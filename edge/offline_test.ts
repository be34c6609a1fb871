/**
 * An edge that starts from what it kept, whatever its hub does meanwhile.
 */
import assert from "node:assert/strict";
import type { Edge } from "./edge.ts";
import { memoryKeep } from "./keep.ts";
import { FakeHub } from "./testing/fake_hub.ts";
import { fakeBundle } from "./testing/fake_worker.ts";
import { post, runEdge } from "./testing/run_edge.ts";
import { until } from "./testing/waits.ts";

const BUNDLE = fakeBundle(["10", "20"]), NEXT = fakeBundle(["10", "20"], { padding: 50_000 });

interface Ready {
  readonly hub: string;
  readonly sequence: number | null;
  readonly problem?: { readonly code: string } | null;
}

const ready = async (edge: Edge) => await (await edge.app.request("/readyz")).json() as Ready;

/** What the hub does from before the edge's start on. */
const FAULTS: Record<string, { readonly cause: (hub: FakeHub) => void | Promise<void> }> = {
  "is dead": { cause: (hub) => hub.down() },
  "answers 500": {
    cause: (hub) => {
      hub.faults.status = 500;
    },
  },
  "is too slow": {
    cause: (hub) => {
      hub.faults.delayMs = 400;
    },
  },
  "answers garbage": {
    cause: (hub) => {
      hub.faults.releaseBody = "<html>502 Bad Gateway</html>";
    },
  },
  "signs with another key": {
    cause: async (hub) => {
      await using other = await FakeHub.start();
      hub.faults.releaseBody = JSON.stringify(await other.release(NEXT, { sequence: 9 }));
    },
  },
  "cuts every transfer": {
    cause: async (hub) => {
      hub.faults.breaksAfter = Array.from({ length: 1_000 }, () => 0);
      await hub.release(NEXT, { sequence: 2 });
    },
  },
};

for (const [what, { cause }] of Object.entries(FAULTS)) {
  Deno.test(`an edge whose hub ${what} starts from its cache, says so, and follows once that is over`, async () => {
    await using hub = await FakeHub.start();
    const keep = memoryKeep();
    await hub.release(BUNDLE, { sequence: 1 });
    {
      await using edge = await runEdge(hub, { keep });
      await until(async () => await keep.get("release") !== null, "the release to be kept");
      assert.equal((await ready(edge)).sequence, 1);
    }
    await cause(hub);
    await using edge = await runEdge(hub, {
      keep,
      config: { hubTimeoutMs: 150, feedbackWaitMs: 100 },
    });
    assert.equal(await edge.restored, true);
    await until(
      async () => typeof (await ready(edge)).problem?.code === "string",
      "the fault to be told",
    );
    const answer = await post(edge, "/v1/predict", { designation: "20" });
    assert.equal(answer.status, 200);
    await answer.body?.cancel();

    Object.assign(hub.faults, { status: null, releaseBody: null, breaksAfter: [], delayMs: 0 });
    if (what === "is dead") hub.up();
    await hub.release(NEXT, { sequence: 2 });
    await until(async () => (await ready(edge)).sequence === 2, "the next release", 10_000);
    assert.equal((await ready(edge)).hub, "reachable");
  });
}
