/**
 * What is known of operators: how a node of a graph from outside is built from our own operators.
 *
 * An operator is imported by a rule of the same name. Rules build what can be differentiated; those that cannot
 * refuse as soon as a gradient would have to flow through them.
 *
 * @module
 */
import { ELEMENTWISE_RULES } from "./elementwise_rules.ts";
import { MATRIX_RULES } from "./matrix_rules.ts";
import type { Made, NodeReader } from "./node_reader.ts";
import { PICTURE_RULES } from "./picture_rules.ts";
import { SHAPE_RULES } from "./shape_rules.ts";

/** Rules by operator. */
export type ImportRules = Readonly<Record<string, (node: NodeReader) => Made>>;

/** Every operator that can be imported. */
export const RULES: ReadonlyMap<string, (node: NodeReader) => Made> = new Map(
  [ELEMENTWISE_RULES, SHAPE_RULES, PICTURE_RULES, MATRIX_RULES].flatMap(Object.entries),
);
