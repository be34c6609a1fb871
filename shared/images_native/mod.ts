/**
 * The native picture decoder, for places that trust native code.
 *
 * @module
 */
export { sharpDecoder } from "./sharp_decoder.ts";
