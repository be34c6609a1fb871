/**
 * The picture that the golden numbers are of. They were computed once with the weights' own runtime:
 * `@tensorflow/tfjs` 4.22.0 on its CPU backend, fed this picture divided by 255, the sizes 2 and 3 of the
 * `Placeholder`'s shape set to -1 (the runtime checks what the JSON says, the network takes any size), read
 * with `model.execute(picture, "<scope>/Conv_1/Relu6")` and `.../expanded_conv_13/expand/Relu6`.
 *
 * `golden.json` holds per size and layer: the map's shape, every 37th number of its mean over places, every
 * 997th of its own (modulo their count, 24 of each) and the sum of the means.
 *
 * @module
 */

/** Waves and squares, uint8 [size, size, 3]. */
export function goldenPicture(size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size * size * 3);
  let k = 0;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      for (let c = 0; c < 3; c++) {
        const wave = (x * x * (c + 1) + y * y * (3 - c) + x * y) >> 5;
        out[k++] = wave + ((x >> 3) + (y >> 3)) % 2 * 40;
      }
    }
  }
  return out;
}
