/**
 * Writes the golden pictures: small files of every kind that is read or refused, made from numbers alone.
 *
 * Run by hand when a kind is added (`deno run -A hub/images/testing/write_golden_pictures.ts`); what the files decode to is kept beside them, in `digests.json`.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import sharp from "sharp";

const FOLDER = new URL("../../../tests/golden/pictures/", import.meta.url);
const WIDTH = 37, HEIGHT = 26;

/** A gradient with a hard edge and some noise, so that every part of a codec has work. */
function raw(channels: 1 | 2 | 3 | 4): ReturnType<typeof sharp> {
  const data = new Uint8Array(WIDTH * HEIGHT * channels);
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const edge = (x - 12) ** 2 + (y - 9) ** 2 < 50 ? 140 : 0;
      const grain = (x * 7919 + y * 104_729) % 23;
      const colours = [x * 6 + grain, y * 9, edge + grain * 3];
      const alpha = Math.min(255, x * 9);
      const all = channels < 3 ? [colours[0]! / 2 + edge / 2, alpha] : [...colours, alpha];
      for (let c = 0; c < channels; c++) data[at++] = Math.min(255, all[c]!);
    }
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

/** `png` with one more chunk behind its header. */
function withChunk(png: Uint8Array, type: string, data: Uint8Array): Uint8Array {
  const header = 8 + 25;
  return Uint8Array.from([
    ...png.subarray(0, header),
    ...pngChunk(type, data),
    ...png.subarray(header),
  ]);
}

/** A TIFF block that holds an orientation and nothing else. */
function exif(orientation: number): Uint8Array {
  return Uint8Array.from([
    ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1],
    ...[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0],
    ...[0, 0, 0, 0],
  ]);
}

const jpeg = await raw(3).jpeg({ quality: 80 }).toBuffer();
const progressive = await raw(3).jpeg({ quality: 80, progressive: true }).toBuffer();
const png = await raw(3).png().toBuffer();
const webp = await raw(3).webp({ quality: 70 }).toBuffer();
const lossless = await raw(4).webp({ lossless: true }).toBuffer();
const cut = (bytes: Uint8Array, share: number) => bytes.subarray(0, bytes.length * share);

const files: Record<string, Uint8Array> = {
  "420.jpg": jpeg,
  "444.jpg": await raw(3).jpeg({ chromaSubsampling: "4:4:4" }).toBuffer(),
  "progressive.jpg": progressive,
  "grey.jpg": await raw(1).toColourspace("b-w").jpeg().toBuffer(),
  "profile.jpg": await raw(3).withIccProfile("p3").jpeg().toBuffer(),
  "refused_truncated.jpg": cut(jpeg, 0.7),
  "refused_truncated_progressive.jpg": cut(progressive, 0.7),
  "rgb.png": png,
  "grey.png": await raw(1).toColourspace("b-w").png().toBuffer(),
  "grey_alpha.png": await raw(2).toColourspace("b-w").png().toBuffer(),
  "alpha.png": await raw(4).png().toBuffer(),
  "palette.png": await raw(3).png({ palette: true, colours: 16 }).toBuffer(),
  "palette_alpha.png": await raw(4).png({ palette: true, colours: 16 }).toBuffer(),
  "two_colours.png": await raw(3).png({ palette: true, colours: 2 }).toBuffer(),
  "interlaced.png": await raw(3).png({ progressive: true }).toBuffer(),
  "interlaced_alpha.png": await raw(4).png({ progressive: true }).toBuffer(),
  "16_bit.png": await raw(3).toColourspace("rgb16").png().toBuffer(),
  "16_bit_alpha.png": await raw(4).toColourspace("rgb16").png().toBuffer(),
  "16_bit_grey.png": await raw(1).toColourspace("grey16").png().toBuffer(),
  "profile.png": await raw(3).withIccProfile("p3").png().toBuffer(),
  "gamma.png": withChunk(png, "gAMA", Uint8Array.of(0, 1, 0x86, 0xa0)),
  "turned_6.png": withChunk(png, "eXIf", exif(6)),
  "refused_truncated.png": cut(png, 0.7),
  "lossy.webp": webp,
  "lossy_alpha.webp": await raw(4).webp({ quality: 70 }).toBuffer(),
  "lossless.webp": lossless,
  "turned_8.webp": await raw(3).withMetadata({ orientation: 8 }).webp({ quality: 70 }).toBuffer(),
  "profile.webp": await raw(3).withIccProfile("p3").webp().toBuffer(),
  "refused_truncated.webp": cut(webp, 0.7),
  "refused_truncated_lossless.webp": cut(lossless, 0.7),
  "refused_cmyk.jpg": await raw(3).toColourspace("cmyk").jpeg().toBuffer(),
  "refused_animated.png": withChunk(png, "acTL", Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0)),
  "refused_animated.webp": await sharp([png, await raw(3).negate().png().toBuffer()], {
    join: { animated: true },
  }).webp().toBuffer(),
  "refused.gif": await raw(3).gif().toBuffer(),
  "refused.tiff": await raw(3).tiff().toBuffer(),
  "refused.avif": await raw(3).avif().toBuffer(),
};
for (let orientation = 1; orientation <= 8; orientation++) {
  files[`turned_${orientation}.jpg`] = await raw(3).withMetadata({ orientation }).jpeg().toBuffer();
}
for (const [name, bytes] of Object.entries(files)) {
  await Deno.writeFile(new URL(name, FOLDER), bytes);
}
console.log(`${Object.keys(files).length} pictures`);
