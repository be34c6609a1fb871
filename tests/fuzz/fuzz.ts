/**
 * `deno task fuzz [inputs] [seed]`: 100,000 hostile inputs to an edge in a process of its own; prints what came of it.
 *
 * @module
 */
import { startEdgeProcess } from "./edge_process.ts";
import { anySeed, fuzzEdge } from "./fuzz_edge.ts";

if (import.meta.main) {
  const inputs = Number(Deno.args[0] ?? 100_000), seed = Number(Deno.args[1] ?? anySeed());
  console.log(`${inputs} inputs, seed ${seed}`);
  await using process = await startEdgeProcess({ EDGE_BODY_TIMEOUT_MS: "200" });
  const { findings, ...report } = await fuzzEdge(process, {
    inputs,
    seed,
    connections: 4,
    checkEvery: 50,
    onProgress: (line) => console.log(line),
  });
  console.log(JSON.stringify(report, null, 1));
  for (const finding of findings.slice(0, 20)) console.log(JSON.stringify(finding));
  if (findings.length > 0) Deno.exitCode = 1;
}
