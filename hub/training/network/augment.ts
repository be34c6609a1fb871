/**
 * Seeded changes of pictures while training: flip, shift, crop, colours. Pure functions over uint8 pixels.
 *
 * A picture is `[size,size,3]`, row by row, as `toPixels` gives it; a result is a new array of the same shape.
 *
 * @module
 */

/** How pictures are varied; what is left out stays as it is. */
export interface AugmentSettings {
  /** Mirrors left and right with chance 1/2. Not for clothes seen from the side, nor for text. */
  readonly flip?: boolean;
  /** Moves by so many pixels at most, either way; the border repeats. */
  readonly shift?: number;
  /** Enlarges a random square of at least this share of the area, in (0, 1]. */
  readonly crop?: number;
  /** Brightness, contrast and saturation vary by this share at most, in [0, 1). */
  readonly colour?: number;
}

type Pixels = Uint8Array<ArrayBuffer>;

/** Left for right. */
export function flip(pixels: Uint8Array, size: number): Pixels {
  const out = new Uint8Array(pixels.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = (y * size + x) * 3, to = (y * size + size - 1 - x) * 3;
      for (let c = 0; c < 3; c++) out[to + c] = pixels[from + c]!;
    }
  }
  return out;
}

/** Moved `right` and `down` by pixels; what comes in repeats the border. */
export function shift(pixels: Uint8Array, size: number, right: number, down: number): Pixels {
  const out = new Uint8Array(pixels.length);
  const inside = (i: number) => Math.min(size - 1, Math.max(0, i));
  for (let y = 0; y < size; y++) {
    const row = inside(y - down) * size;
    for (let x = 0; x < size; x++) {
      const from = (row + inside(x - right)) * 3, to = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) out[to + c] = pixels[from + c]!;
    }
  }
  return out;
}

/** A square of the picture, in pixels. */
export interface Square {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** `square` enlarged to the whole size, bilinear between pixel centres. */
export function crop(pixels: Uint8Array, size: number, { left, top, side }: Square): Pixels {
  const out = new Uint8Array(pixels.length), step = side / size;
  const spot = (start: number, i: number) => {
    const at = Math.min(size - 1, Math.max(0, start + (i + 0.5) * step - 0.5));
    const low = Math.floor(at);
    return { low, high: Math.min(size - 1, low + 1), share: at - low };
  };
  const across = Array.from({ length: size }, (_, x) => spot(left, x));
  for (let y = 0; y < size; y++) {
    const down = spot(top, y), above = down.low * size, below = down.high * size;
    for (let x = 0; x < size; x++) {
      const { low, high, share } = across[x]!, to = (y * size + x) * 3;
      for (let c = 0; c < 3; c++) {
        const upper = mix(pixels[(above + low) * 3 + c]!, pixels[(above + high) * 3 + c]!, share);
        const lower = mix(pixels[(below + low) * 3 + c]!, pixels[(below + high) * 3 + c]!, share);
        out[to + c] = Math.round(mix(upper, lower, down.share));
      }
    }
  }
  return out;
}

/** Factors around 1. */
export interface Colours {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
}

/** Saturation about each pixel's grey, then contrast about the picture's mean grey, then brightness; clamped. */
export function colour(pixels: Uint8Array, { brightness, contrast, saturation }: Colours): Pixels {
  const out = new Uint8Array(pixels.length);
  let sum = 0;
  for (let i = 0; i < pixels.length; i += 3) sum += grey(pixels, i);
  const mean = sum / (pixels.length / 3);
  for (let i = 0; i < pixels.length; i += 3) {
    const own = grey(pixels, i);
    for (let c = 0; c < 3; c++) {
      const vivid = mix(own, pixels[i + c]!, saturation);
      const value = mix(mean, vivid, contrast) * brightness;
      out[i + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return out;
}

/** Luma of ITU-R BT.601. */
function grey(pixels: Uint8Array, i: number): number {
  return 0.299 * pixels[i]! + 0.587 * pixels[i + 1]! + 0.114 * pixels[i + 2]!;
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** One variant of `pixels`; the same draws of `random` give the same variant. */
export function augment(
  pixels: Uint8Array,
  size: number,
  settings: AugmentSettings,
  random: () => number,
): Uint8Array {
  let out = pixels;
  if (settings.flip && random() < 0.5) out = flip(out, size);
  if (settings.crop !== undefined && settings.crop < 1) {
    const side = size * Math.sqrt(settings.crop + (1 - settings.crop) * random());
    const room = size - side;
    out = crop(out, size, { left: room * random(), top: room * random(), side });
  }
  if (settings.shift) {
    const reach = settings.shift;
    const move = () => Math.floor(random() * (2 * reach + 1)) - reach;
    out = shift(out, size, move(), move());
  }
  if (settings.colour) {
    const around = () => 1 + settings.colour! * (2 * random() - 1);
    out = colour(out, {
      brightness: around(),
      contrast: around(),
      saturation: around(),
    });
  }
  return out;
}
