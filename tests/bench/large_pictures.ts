/**
 * Pictures of the made-up catalogue: shapes and stripes in colours that lean to the product's class, 300 x 300 JPEG of
 * some 20 kB. A few products have none, a few share a placeholder, a few files are broken.
 *
 * Run it to write `images.zip`: `deno run -P=test tests/bench/large_pictures.ts FOLDER [ROWS]`
 *
 * @module
 */
import sharp from "sharp";
import { rng } from "@aisle/shared/random";
import { ZipPieces } from "../../hub/images/testing/write_zip.ts";
import { IMAGE_ID, LARGE_ROWS, largeCatalogue, PRODUCT_ID } from "./large_catalogue.ts";

const SIDE = 300, QUALITY = 76, NOISE = 26;
const MISSING = 0.02, PLACEHOLDER = 0.02, BROKEN = 0.0005;
const PLACEHOLDERS = 5, SHAPES = 4;
/** Pictures that are encoded at once; the zip is the same whatever their number. */
const AT_ONCE = 64;

/** Writes a zip of the pictures of `largeCatalogue(rows)`. */
export async function writeLargePictures(path: string, rows: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const zip = new ZipPieces({ zip64: true });
  const write = async (pieces: Uint8Array[]) => {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at));
    }
  };
  const placeholders: Uint8Array[] = [];
  for (let i = 0; i < PLACEHOLDERS; i++) placeholders.push(await encode(draw(7 * i, -1 - i)));
  const waiting: Promise<{ path: string; bytes: Uint8Array } | null>[] = [];
  const flush = async () => {
    for (const made of waiting.splice(0)) {
      const picture = await made;
      if (picture !== null) await write(zip.add(picture));
    }
  };
  let i = 0;
  for (const { code } of largeCatalogue(rows)) {
    waiting.push(pictureOf(i++, Number(code) / 10 - 1, placeholders));
    if (waiting.length === AT_ONCE) await flush();
  }
  await flush();
  await write(zip.end());
}

async function pictureOf(
  i: number,
  k: number,
  placeholders: readonly Uint8Array[],
): Promise<{ path: string; bytes: Uint8Array } | null> {
  const chance = rng(i + 1)();
  if (chance < MISSING) return null;
  const path = `images/image_${IMAGE_ID + i}_product_${PRODUCT_ID + i}.jpg`;
  if (chance < MISSING + PLACEHOLDER) return { path, bytes: placeholders[i % PLACEHOLDERS]! };
  const bytes = await encode(draw(k, i));
  return { path, bytes: chance > 1 - BROKEN ? bytes.subarray(0, bytes.length / 2) : bytes };
}

async function encode(pixels: Uint8Array): Promise<Uint8Array> {
  return await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } })
    .jpeg({ quality: QUALITY }).toBuffer();
}

/** Numbers of which every picture takes a stretch: a table is many times faster than drawing each. */
const noise = (() => {
  const random = rng(99);
  return Int8Array.from({ length: 1 << 20 }, () => NOISE * (random() + random() - 1));
})();

/** Picture `i` of class `k`, [SIDE x SIDE x 3]. */
function draw(k: number, i: number): Uint8Array {
  const random = rng(Math.imul(i + 1, 2_654_435_761) >>> 0);
  const own = rng(k + 1), pixels = new Uint8Array(SIDE * SIDE * 3);
  const tint = [own(), own(), own()], steps = 2 + Math.floor(own() * 6), round = own() < 0.5;
  const colour = (lean: number) =>
    tint.map((part) => 40 + 170 * (lean * part + (1 - lean) * random()));
  const ground = colour(0.3), stripes = 20 + 20 * random();
  const shapes = Array.from({ length: SHAPES }, () => ({
    x: SIDE * random(),
    y: SIDE * random(),
    // Squared half axes
    across: (20 + 80 * random()) ** 2,
    up: (20 + 80 * random()) ** 2,
    round: random() < 0.3 ? !round : round,
    colour: colour(0.6),
  }));
  let from = Math.floor(random() * (noise.length - pixels.length));
  for (let y = 0, at = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let paint = ground;
      for (const shape of shapes) {
        const dx = (x - shape.x) ** 2 / shape.across, dy = (y - shape.y) ** 2 / shape.up;
        if (shape.round ? dx + dy < 1 : dx < 1 && dy < 1) paint = shape.colour;
      }
      const shade = (x * steps + y) % 60 < 30 ? stripes : 0;
      for (let c = 0; c < 3; c++) {
        pixels[at++] = Math.max(0, Math.min(255, paint[c]! + shade + noise[from++]!));
      }
    }
  }
  return pixels;
}

if (import.meta.main) {
  const [folder, rows] = Deno.args;
  if (folder === undefined) throw new Error("Say where to write: large_pictures.ts FOLDER [ROWS]");
  await Deno.mkdir(folder, { recursive: true });
  await writeLargePictures(
    `${folder}/images.zip`,
    rows === undefined ? LARGE_ROWS : Number(rows),
  );
}
