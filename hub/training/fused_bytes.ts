/**
 * What training made of pictures as bytes, between training and export. Not the bundle: nothing outside the hub reads it.
 *
 * @module
 */
import type { FusedModel } from "../model/fused_model.ts";
import { arraysFromBytes, arraysToBytes } from "./array_file.ts";

type Header = Omit<FusedModel, "image" | "fusion"> & {
  readonly image: { readonly dims: number; readonly classes: number };
  readonly fusion: Omit<FusedModel["fusion"], "head"> & { readonly head: boolean };
};

/** Bytes of `model`, equal for equal models. */
export function fusedToBytes(model: FusedModel): Uint8Array<ArrayBuffer> {
  const { image, fusion } = model, { head } = fusion;
  const header: Header = {
    ...model,
    image: { dims: image.dims, classes: image.classes },
    fusion: { ...fusion, head: head !== null },
  };
  return arraysToBytes(header, [
    image.weights,
    image.bias,
    ...(head === null ? [] : [head.texts, head.images, head.bias]),
  ]);
}

/**
 * The model in `bytes`, which {@linkcode fusedToBytes} wrote.
 *
 * @throws {TypeError} when they are something else
 */
export function fusedFromBytes(bytes: Uint8Array): FusedModel {
  const file = arraysFromBytes<Header>(bytes);
  if (file === null) throw new TypeError("Cannot read a fused model: these bytes are none");
  const { header: { image, fusion, ...rest }, arrays } = file;
  const { dims, classes } = image;
  const weights = arrays.next(dims * classes), bias = arrays.next(classes);
  const head = fusion.head
    ? {
      texts: arrays.next(classes * classes),
      images: arrays.next(classes * classes),
      bias: arrays.next(classes),
    }
    : null;
  if (!arrays.whole) throw new TypeError("Cannot read a fused model: its bytes are not whole");
  return { ...rest, image: { dims, classes, weights, bias }, fusion: { ...fusion, head } };
}
