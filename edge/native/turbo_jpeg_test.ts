import assert from "node:assert/strict";
import sharp from "sharp";
import { goldenPictureFile } from "@aisle/shared/bundle";
import { sharpDecoder } from "@aisle/shared/images_native";
import { turboJpegDecoder } from "./turbo_jpeg.ts";

const vips = sharpDecoder(), turbo = turboJpegDecoder(vips);
const ignore = turbo === null;
const png = goldenPictureFile({ seed: 5, width: 61, height: 47 });

async function bytesOf(picture: ReturnType<typeof sharp>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await picture.toBuffer());
}

/** Asserts that both give the same for `bytes`. */
async function assertAlike(bytes: Uint8Array<ArrayBuffer>, format: "jpeg" | "png"): Promise<void> {
  const theirs = await vips.decode(bytes, format), ours = await turbo!.decode(bytes, format);
  const sizes = (
    { width, height, channels, data }: typeof ours,
  ) => [width, height, channels, data.length];
  assert.deepEqual(sizes(ours), sizes(theirs));
  assert.ok(ours.data.every((byte, i) => byte === theirs.data[i]));
}

Deno.test({
  name: "a JPEG has the pixels that libvips gives, whatever it is written like",
  ignore,
  fn: async () => {
    const ways = [
      sharp(png).jpeg({ quality: 60 }),
      sharp(png).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }),
      sharp(png).jpeg({ progressive: true }),
      sharp(png).greyscale().jpeg(),
      sharp(png).resize(1, 300, { fit: "fill" }).jpeg(),
      sharp(png).toColourspace("cmyk").jpeg(),
    ];
    for (const way of ways) {
      await assertAlike(await bytesOf(way), "jpeg");
    }
  },
});

Deno.test({
  name: "what the library warns of goes to the other decoder, and other formats do",
  ignore,
  fn: async () => {
    const whole = await bytesOf(sharp(png).jpeg());
    await assertAlike(whole.slice(0, whole.length * 2 / 3 | 0), "jpeg");
    await assertAlike(png, "png");
    await assert.rejects(turbo!.decode(new Uint8Array(40), "jpeg"));
    await assert.rejects(turbo!.decode(new Uint8Array(0), "jpeg"));
  },
});

Deno.test({
  name: "a large picture after a small one, and a small one after it, are each whole",
  ignore,
  fn: async () => {
    for (const side of [40, 2_100, 50]) {
      const picture = sharp(png).resize(side, side, { fit: "fill" }).jpeg();
      await assertAlike(await bytesOf(picture), "jpeg");
    }
  },
});
