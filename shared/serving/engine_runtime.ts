/**
 * The runtime that edges and the gate use: the engine where it knows the graph, another runtime where it does not.
 *
 * @module
 */
import { FULL_GRAPH, FULL_LIMITS } from "../bundle/mod.ts";
import { type Engine, openEngine, type PlainTensor } from "../engine/mod.ts";
import { readLinearTable } from "./linear_table.ts";
import type { FullInputs, FullOutput, FullSession, Runtime } from "./runtime.ts";

/**
 * A {@linkcode Runtime} by the engine.
 *
 * @param name for reports
 * @param other opened by the first graph that the engine does not know
 */
export function engineRuntime(name: string, other: () => Promise<Runtime>): Runtime {
  let opened: Promise<Runtime> | null = null;
  const fallback = () => opened ??= other();
  return {
    name,
    openTable: readLinearTable,
    open: async (model) => await (await fallback()).open(model),
    async openFull(model) {
      const engine = openEngine(model, FULL_LIMITS);
      return engine === null ? await (await fallback()).openFull(model) : fullSession(engine);
    },
    openSentences: async (model) => await (await fallback()).openSentences(model),
  };
}

/** Row by row: on a CPU several pictures at once gain nothing. */
function fullSession(engine: Engine): FullSession {
  return {
    run: (inputs, wanted) => Promise.resolve(runRows(engine, inputs, wanted)),
    resume(scores, imageScores) {
      const { image, fused } = FULL_GRAPH, shape = [1, scores.length];
      const found = engine.run({
        [FULL_GRAPH.scores]: { shape, data: scores },
        [FULL_GRAPH.imageScores]: { shape, data: imageScores },
      }, [image, fused]);
      return { image: found[image]!, fused: found[fused]! };
    },
    release: () => Promise.resolve(),
  };
}

function runRows<Wanted extends FullOutput>(
  engine: Engine,
  { rows, size, pixels, scores, handmade }: FullInputs,
  wanted: readonly Wanted[],
): Record<Wanted, Float32Array> {
  const names = wanted.map((output) => FULL_GRAPH[output]);
  const found = Array.from({ length: rows }, (_, r) => {
    const row = <T extends Uint8Array | Float32Array>(all: T, shape: number[]): PlainTensor => ({
      shape: [1, ...shape],
      data: all.subarray(r * all.length / rows, (r + 1) * all.length / rows) as T,
    });
    return engine.run({
      [FULL_GRAPH.pixels]: row(pixels, [size, size, 3]),
      [FULL_GRAPH.scores]: row(scores, [scores.length / rows]),
      ...(handmade === null
        ? {}
        : { [FULL_GRAPH.handmade]: row(handmade, [handmade.length / rows]) }),
    }, names);
  });
  return Object.fromEntries(
    wanted.map((output, i) => [output, joined(found.map((row) => row[names[i]!]!))]),
  ) as Record<Wanted, Float32Array>;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0]!;
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
