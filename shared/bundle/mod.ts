/**
 * The bundle: the one file that is judged by the hub and served by every edge, and the signed document that names it.
 *
 * Not the session that runs it: that is `shared/serving`.
 *
 * @module
 */
export { type Calibration, confidences } from "./confidence.ts";
export { bundleDigest, type Container, pack, unpack } from "./container.ts";
export {
  BUNDLE_FORMAT,
  type BundleFile,
  CONFIDENCE_BINS,
  FusedSection,
  type GoldenPicture,
  type GoldenSample,
  Manifest,
  ManifestContent,
  MAX_CLASSES,
  MAX_GOLDEN,
  SentenceSection,
  type Threshold,
} from "./manifest.ts";
export { drawGoldenPicture, goldenPictureFile, pngFile } from "./golden_picture.ts";
export {
  FULL_LIMITS,
  guardOnnx,
  type OnnxLimits,
  type OnnxSummary,
  TEXT_LIMITS,
} from "./onnx_guard.ts";
export {
  BUNDLE_FILES,
  FULL_GRAPH,
  type OpenBundle,
  type OpenSentence,
  SENTENCE_GRAPH,
  TEXT_GRAPH,
  verify,
} from "./open_bundle.ts";
export { type Field, readFields, readVarints } from "./protobuf_reader.ts";
export { signRelease, verifyRelease } from "./release.ts";
export {
  fromBase64,
  importPrivateKey,
  importPublicKey,
  keyIdOf,
  type ReleaseKey,
  type SigningKey,
  toBase64,
} from "./release_key.ts";
export { rowMapFromBytes, rowMapToBytes } from "./row_map.ts";
