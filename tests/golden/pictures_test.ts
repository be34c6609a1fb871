/**
 * Golden pictures: what every kind of file decodes to, in the hub and at the edge, to the last bit.
 *
 * The digests are committed, so that a library that moves a bit is seen. Where that is meant, and encoders have been
 * trained anew, `AISLE_WRITE_GOLDEN=1` writes them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { sharpDecoder } from "@aisle/shared/images_native";
import { turboJpegDecoder } from "../../edge/native/turbo_jpeg.ts";
import { AppError } from "../../shared/errors.ts";
import { sha256 } from "../../shared/hash.ts";
import { decodeUpright, type Raster, toPixels } from "../../shared/images/mod.ts";
import { flattenOnWhite } from "../../shared/images/flatten.ts";
import { readPictureBinaries, wasmDecoder } from "../../shared/images_wasm/mod.ts";

const FOLDER = new URL("./pictures/", import.meta.url);
const DIGESTS = new URL("./pictures.json", import.meta.url);
const RECIPE = { version: 1, size: 16, fit: "stretch" } as const;

interface Golden {
  readonly width: number;
  readonly height: number;
  /** SHA-256 of the upright RGBA pixels, transparency laid on white. */
  readonly raster: string;
  /** SHA-256 of the pixels [16, 16, 3]. */
  readonly pixels: string;
}

/** What a transparent pixel hides is no part of the picture, and decoders differ in it. */
function visible(raster: Raster): Golden {
  const { width, height, channels } = raster;
  const data = new Uint8Array(width * height * 4).fill(255);
  raster.data.forEach((value, i) => {
    data[channels === 4 ? i : Math.trunc(i / 3) * 4 + i % 3] = value;
  });
  flattenOnWhite(data);
  return { width, height, raster: sha256(data), pixels: sha256(toPixels(raster, RECIPE)) };
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
const read = (name: string) => Deno.readFileSync(new URL(name, FOLDER));
const readable = names.filter((name) => !name.startsWith("refused"));
const turbo = turboJpegDecoder(sharpDecoder());
const decoders = [
  sharpDecoder(),
  wasmDecoder(await readPictureBinaries()),
  ...(turbo === null ? [] : [turbo]),
];

if (Deno.env.get("AISLE_WRITE_GOLDEN") === "1") {
  const golden: Record<string, Golden> = {};
  for (const name of readable) {
    golden[name] = visible(await decodeUpright(decoders[0]!, read(name)));
  }
  Deno.writeTextFileSync(DIGESTS, JSON.stringify(golden, null, 2) + "\n");
}
const golden = JSON.parse(Deno.readTextFileSync(DIGESTS)) as Record<string, Golden>;

for (const decoder of decoders) {
  for (const name of readable) {
    Deno.test(`${name} decodes to its golden pixels through ${decoder.name}`, async () => {
      assert.deepEqual(visible(await decodeUpright(decoder, read(name))), golden[name]);
    });
  }

  for (const name of names.filter((name) => name.startsWith("refused"))) {
    Deno.test(`${name.slice("refused_".length)} is refused through ${decoder.name}`, async () => {
      await assert.rejects(
        decodeUpright(decoder, read(name)),
        (error: AppError) =>
          error.code === "picture-invalid" && / (Save|Convert|Send) /.test(error.message),
      );
    });
  }

  Deno.test(`every orientation gives the same size upright through ${decoder.name}`, async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const { width, height } = await decodeUpright(decoder, read(`turned_${orientation}.jpg`));
      const upright = orientation < 5 ? [37, 26] : [26, 37];
      assert.deepEqual([width, height], upright, String(orientation));
    }
  });
}
