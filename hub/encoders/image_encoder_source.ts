/**
 * What an image encoder is made of, before it is opened.
 *
 * @module
 */
import type { ImageRecipe } from "@aisle/shared/images";
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
  }
  /** A graph that has an encoder's input and outputs already: one that was trained here, or a part of one. */
  | {
    readonly kind: "own";
    readonly name: string;
    readonly recipe: ImageRecipe;
    /** Digest of the ONNX file. */
    readonly model: string;
  };
