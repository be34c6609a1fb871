/**
 * What an image encoder is made of, before it is opened.
 *
 * @module
 */
import type { Preprocessor } from "./foreign/preprocessor.ts";

/** A small JSON value: large parts are blobs, named by digest. */
export type ImageEncoderSource =
  | { readonly kind: "mobilenet-v2" }
  | {
    readonly kind: "graph";
    /** For people: `onnx:resnet18`, `hf:owner/model`. */
    readonly name: string;
    /** Digest of the ONNX file. */
    readonly model: string;
    readonly preprocessor: Preprocessor | null;
  };
