/**
 * Serving: a verified bundle becomes a predictor. The gate, bulk prediction and every edge use this same code.
 *
 * @module
 */
export {
  createPredictor,
  openPredictor,
  type Predictor,
  type ProductText,
  type Scored,
  SELF_TEST_TOLERANCE,
  type SelfTest,
  TOP,
} from "./predictor.ts";
export {
  type Contribution,
  explain,
  type ExplainBy,
  type Explanation,
  type GramShare,
  WHY_GRAMS,
  WHY_WORDS,
  type WordPlace,
  type WordShare,
} from "./explain.ts";
export { readTextWeights, type TextWeights } from "./text_weights.ts";
export { type OrtLike, ortRuntime, type Runtime, type Session } from "./runtime.ts";
export { wasmRuntime, type WasmRuntimeOptions } from "./wasm_runtime.ts";
export { readWasmBinary } from "./wasm_binary.ts";
