/**
 * The last step of building: keeps what the outputs need, and gives the outputs their names.
 *
 * @module
 */
import type {
  ConstantDescription,
  GraphDescription,
  NodeDescription,
  ValueDescription,
} from "./description.ts";

/** A graph whose outputs still bear the names of the values behind them. */
export interface Unpruned {
  readonly nodes: readonly NodeDescription[];
  readonly constants: readonly ConstantDescription[];
  readonly outputs: readonly { readonly from: string; readonly value: ValueDescription }[];
}

/** The nodes and constants that the outputs need, in their old order. */
export function prune(
  { nodes, constants, outputs }: Unpruned,
): Pick<GraphDescription, "nodes" | "initializers" | "outputs"> {
  const needed = new Set(outputs.map((output) => output.from));
  const kept: NodeDescription[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  kept.reverse();
  // A node's result takes the output's name; an input, a constant or a second name of a result is copied.
  const made = new Set(kept.flatMap((node) => node.outputs));
  const names = new Map<string, string>();
  const copies: NodeDescription[] = [];
  for (const { from, value } of outputs) {
    if (made.has(from) && !names.has(from)) names.set(from, value.name);
    else {
      const source = names.get(from) ?? from;
      copies.push({ op: "Identity", inputs: [source], outputs: [value.name] });
    }
  }
  const renamed = (name: string) => names.get(name) ?? name;
  return {
    nodes: [
      ...kept.map((node) => ({
        ...node,
        inputs: node.inputs.map(renamed),
        outputs: node.outputs.map(renamed),
      })),
      ...copies,
    ],
    initializers: constants.filter((constant) => needed.has(constant.name)),
    outputs: outputs.map((output) => output.value),
  };
}
