/**
 * Reverse-mode differentiation: walks the tape backwards and adds the gradient's nodes to the same graph.
 *
 * First order only: what it builds is not recorded, so a gradient of a gradient is refused as "does not depend".
 *
 * @module
 */
import { add } from "./elementwise.ts";
import { sameShape, showShape } from "./dims.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Gradients of the scalar `loss` by each of `by` (parameters, variables or anything computed from them), shaped
 * like them. Only the operators between `by` and the loss are differentiated, so frozen layers cost nothing.
 * @throws RangeError where the loss is no scalar or does not depend on one of `by`
 */
export function gradients(loss: Tensor, by: readonly Tensor[]): Tensor[] {
  const { builder } = loss;
  if (loss.rank !== 0) throw builder.error("gradients", "the loss must be a scalar", loss.shape);
  const reaches = new Set(by);
  for (const { inputs, output, rules } of builder.tape) {
    if (inputs.some((input, i) => rules[i] && reaches.has(input))) reaches.add(output);
  }
  const found = new Map<Tensor, Tensor>([[loss, builder.scalar(1)]]);
  builder.unrecorded(() => {
    for (const { op, layer, inputs, output, rules } of builder.tape.toReversed()) {
      const dy = found.get(output);
      if (dy === undefined) continue;
      inputs.forEach((input, i) => {
        const rule = rules[i];
        if (!rule || !reaches.has(input)) return;
        const dx = builder.layer(`gradient/${layer || op}`, () => rule(dy));
        if (!sameShape(dx.shape, input.shape)) {
          const law = `the gradient of ${op} in ${layer || "the graph"} must be shaped like ` +
            `its input ${input.name} ${showShape(input.shape)}`;
          throw builder.error("gradients", law, dx.shape);
        }
        const other = found.get(input);
        found.set(input, other === undefined ? dx : add(other, dx));
      });
    }
  });
  return by.map((tensor) => {
    const gradient = found.get(tensor);
    if (gradient === undefined) {
      throw builder.error(
        "gradients",
        "the loss must depend on what it is differentiated by",
        tensor.name,
      );
    }
    return gradient;
  });
}
