/**
 * Serving: a verified bundle becomes a predictor. The gate, bulk prediction and every edge use this same code.
 *
 * @module
 */
export {
  type AssessOptions,
  createPredictor,
  openPredictor,
  PICTURE_TOLERANCE,
  type Predictor,
  type PredictorOptions,
  SELF_TEST_TOLERANCE,
  type SelfTest,
} from "./predictor.ts";
export {
  type Assessed,
  type Branches,
  hasText,
  type PictureUse,
  type ProductContent,
  type ProductText,
  type Route,
  type Scored,
  type ScoredGuess,
  skipsPicture,
  type Took,
  tookNothing,
  TOP,
} from "./scored.ts";
export type { Heatmap } from "./heatmap.ts";
export type { HandmadeFeatures, PictureOptions } from "./pictures.ts";
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
export {
  type FullInputs,
  type FullOutput,
  type FullSession,
  type OrtLike,
  ortRuntime,
  type Runtime,
  type Session,
} from "./runtime.ts";
export { engineRuntime } from "./engine_runtime.ts";
export { type LinearTable, readLinearTable } from "./linear_table.ts";
export { wasmRuntime, type WasmRuntimeOptions } from "./wasm_runtime.ts";
export { readWasmBinary } from "./wasm_binary.ts";
