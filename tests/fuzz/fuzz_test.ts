/**
 * The short version of `deno task fuzz`: some thousand hostile inputs to a real edge in a process of its own.
 */
import assert from "node:assert/strict";
import { startEdgeProcess } from "./edge_process.ts";
import { fuzzEdge, inputOf } from "./fuzz_edge.ts";
import { pictureCorpus } from "./picture_inputs.ts";

Deno.test("hostile inputs end no edge, break no answer of another and bring down no worker", async () => {
  await using process = await startEdgeProcess({ EDGE_BODY_TIMEOUT_MS: "200" });
  const report = await fuzzEdge(process, {
    inputs: 2_000,
    seed: 5,
    connections: 4,
    checkEvery: 25,
  });
  assert.deepEqual(report.findings, []);
  assert.equal(report.inputs, 2_000);
  assert.ok(report.passedFirst >= report.inputs / 2, `${report.passedFirst}`);
  assert.ok(report.passedByKind["picture"]! >= report.byKind["picture"]! / 2);
  assert.ok(report.goodRequests > 50);
  assert.equal(report.workersReplaced, 0);
});

Deno.test("an input is known again by its seed and number", async () => {
  const corpus = await pictureCorpus();
  for (let i = 0; i < 50; i++) {
    assert.deepEqual(inputOf(7, i, corpus), inputOf(7, i, corpus));
  }
});
