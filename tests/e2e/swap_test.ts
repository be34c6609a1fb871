/**
 * A few swaps under load, by the parts of the report (`deno task report:swap` does 100 and times them).
 */
import assert from "node:assert/strict";
import { FakeHub } from "../../edge/testing/fake_hub.ts";
import { tinyFusedBundle } from "../../hub/testing/fused_bundle.ts";
import { startEdge } from "../bench/edge_load/servers.ts";
import {
  expected,
  loadWhile,
  swapInTurn,
  untilServes,
  wireRequest,
} from "../bench/edge_load/swap_load.ts";

const SWAPS = 8, RATE = 40;

Deno.test("while models are swapped no request fails, and each is answered by exactly the bundle that it names", async () => {
  const bundles = [
    new Uint8Array(await Deno.readFile(new URL("../golden/tiny_float32.bundle", import.meta.url))),
    await tinyFusedBundle(),
  ];
  const requests = Array.from(
    { length: 16 },
    (_, i) => wireRequest({ designation: `un livre ${i} rouge`, description: `numéro ${i}` }),
  );
  await using hub = await FakeHub.start();
  await hub.release(bundles[0]!, { sequence: 1 });
  await using edge = await startEdge("edge", hub, "main", {
    EDGE_ANSWER_CACHE_BYTES: "0",
    EDGE_POLL_MS: "50",
  });
  const [first, itsAnswers] = await expected(edge, requests);
  await hub.release(bundles[1]!, { sequence: 2 });
  await untilServes(edge, 2);
  const [second, otherAnswers] = await expected(edge, requests);
  assert.notEqual(first, second);
  const figures = await loadWhile(
    edge,
    {
      requests,
      rate: RATE,
      expectations: new Map([[first, itsAnswers], [second, otherAnswers]]),
    },
    swapInTurn(
      { hub, server: edge, bundles, swaps: SWAPS, everyMs: 0, firstSequence: 3 },
      () => {},
    ),
  );
  assert.deepEqual([figures.failed, figures.wrong], [0, 0], figures.problems.join("; "));
  assert.deepEqual(Object.keys(figures.byDigest).sort(), [first, second].sort());
});
