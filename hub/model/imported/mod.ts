/**
 * Graphs from outside, made trainable: choose what trains, part the graph there, build the rest again with
 * gradients, and put what was learned back into the file.
 *
 * ```ts ignore
 * const trains = lastBlocks(graph, 2);
 * const { front, back, cut } = splitGraph(graph, trains); // run the front once, keep what comes out at the cut
 * const { outputs } = importGraph(g, back, { trains, inputs: { [cut[0]]: g.input("cut", ["N", 96, 7, 7]) } });
 * // ... a head on the outputs, a loss, training ...
 * const learned = withWeights(graph, weights);
 * ```
 *
 * @module
 */
export { blocksOf, lastBlocks, weightsNamed } from "./choose_weights.ts";
export { type ImportedGraph, importGraph, type ImportOptions } from "./import_graph.ts";
export type { ImportedStatistic, Norms } from "./node_reader.ts";
export { type SplitGraph, splitGraph } from "./split_graph.ts";
export { withWeights } from "./with_weights.ts";
