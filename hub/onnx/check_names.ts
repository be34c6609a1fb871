/**
 * Checks that a graph's names make a runnable whole: each value made once, before it is used.
 *
 * @module
 */
import type { Graph } from "./graph.ts";
import { refused, shown } from "./model_fields.ts";

/** @throws {AppError} `model-invalid`, naming node and value */
export function checkNames({ inputs, outputs, initializers, nodes }: Graph): void {
  const made = new Set<string>();
  const make = (name: string, where: string) => {
    if (name === "") throw refused(`${where} must have a name`);
    if (made.has(name)) throw refused(`${where} must not make ${shown(name)} a second time`);
    made.add(name);
  };
  for (const { name } of inputs) make(name, "an input");
  for (const { name } of initializers) make(name, "a constant");
  const later = new Set(nodes.flatMap((node) => node.outputs));
  nodes.forEach((node, index) => {
    const where = `node ${shown(node.name ?? `number ${index}`)} (${node.op})`;
    for (const name of node.inputs) {
      if (name === "" || made.has(name)) continue;
      throw refused(
        later.has(name)
          ? `${where} must not use ${
            shown(name)
          } before it is made (a cycle, or nodes out of order)`
          : `${where} must not use ${shown(name)}, which nothing makes`,
      );
    }
    // An optional result that is not wanted has no name.
    for (const name of node.outputs) if (name !== "") make(name, where);
  });
  const given = new Set<string>();
  for (const { name } of outputs) {
    if (!made.has(name)) throw refused(`output ${shown(name)} must be made by something`);
    if (given.has(name)) throw refused(`output ${shown(name)} must be given once`);
    given.add(name);
  }
}
