import assert from "node:assert/strict";
import fc from "fast-check";
import { AppError } from "../errors.ts";
import { PICTURE_LIMITS, readPictureHeader } from "./header.ts";

const GOLDEN = new URL("../../tests/golden/pictures/", import.meta.url);
const golden = (name: string) => Deno.readFileSync(new URL(name, GOLDEN));

/** The start of a JPEG that says it is so large; nothing of it can be decoded. */
function jpegOf(width: number, height: number, components = 3, frame = 0xc0): Uint8Array {
  const sides = [height >> 8, height & 255, width >> 8, width & 255];
  return Uint8Array.from([
    ...[0xff, 0xd8, 0xff, frame, 0, 8, 8, ...sides, components],
    ...[0xff, 0xda, 0, 2, 0x11, 0xff, 0, 0x22, 0xff, 0xd9],
  ]);
}

const refuses = (bytes: Uint8Array, words: RegExp, limits = PICTURE_LIMITS) =>
  assert.throws(() => readPictureHeader(bytes, limits), (error: AppError) => {
    assert.equal(error.code, "picture-invalid");
    assert.match(error.message, words);
    return true;
  });

Deno.test("readPictureHeader() tells format, stored size and orientation", () => {
  const size = { width: 37, height: 26 };
  const jpeg = { format: "jpeg", ...size };
  assert.deepEqual(readPictureHeader(golden("progressive.jpg")), { ...jpeg, orientation: 1 });
  for (let orientation = 1; orientation <= 8; orientation++) {
    const header = readPictureHeader(golden(`turned_${orientation}.jpg`));
    assert.deepEqual(header, { ...jpeg, orientation });
  }
  const turned = { format: "png", ...size, orientation: 6 };
  assert.deepEqual(readPictureHeader(golden("turned_6.png")), turned);
  const webp = { format: "webp", ...size, orientation: 8 };
  assert.deepEqual(readPictureHeader(golden("turned_8.webp")), webp);
  assert.equal(readPictureHeader(golden("lossless.webp")).width, 37);
});

Deno.test("readPictureHeader() refuses what claims to be too large before anything is decoded", () => {
  refuses(jpegOf(64_250, 64_250), /no side has more than 16384 pixels.*64250 x 64250.*smaller/);
  refuses(jpegOf(10_000, 10_000), /at most 25000000 pixels.*10000 x 10000/);
  refuses(jpegOf(0, 10), /its size is 0 x 10/);
  assert.equal(readPictureHeader(jpegOf(5000, 5000)).width, 5000);
  refuses(golden("rgb.png"), /at most 100 bytes/, { ...PICTURE_LIMITS, bytes: 100 });
});

Deno.test("readPictureHeader() refuses what hub and edge would not decode alike, and says what helps", () => {
  refuses(jpegOf(10, 10, 4), /CMYK.*Convert it to RGB/);
  refuses(jpegOf(10, 10, 2), /1 or 3 components/);
  refuses(jpegOf(10, 10, 3, 0xc3), /lossless.*baseline or progressive/);
  refuses(jpegOf(10, 10, 3, 0xc9), /arithmetic/);
  refuses(golden("refused_animated.png"), /animated PNG.*Save one of its pictures/);
  refuses(golden("refused_animated.webp"), /animated WebP/);
  refuses(golden("refused.gif"), /GIF is not read.*JPEG, PNG or WebP/);
  refuses(golden("refused.tiff"), /TIFF is not read/);
  refuses(golden("refused.avif"), /AVIF is not read/);
  refuses(new TextEncoder().encode("<!doctype html><title>404</title>"), /HTML is not read/);
  refuses(new Uint8Array(40), /neither JPEG, PNG nor WebP/);
  refuses(new Uint8Array(), /the file is empty/);
});

Deno.test("readPictureHeader() refuses a file cut anywhere", () => {
  for (const name of ["420.jpg", "progressive.jpg", "rgb.png", "lossy.webp", "lossless.webp"]) {
    const whole = golden(name);
    for (let length = 0; length < whole.length - 1; length++) {
      assert.throws(
        () => readPictureHeader(whole.subarray(0, length)),
        AppError,
        `${name} ${length}`,
      );
    }
  }
});

Deno.test("readPictureHeader() refuses thousands of scans", () => {
  const scan = [0xff, 0xda, 0, 2, 0];
  const bytes = [...jpegOf(10, 10, 3, 0xc2).subarray(0, -2), ...Array(200).fill(scan).flat()];
  refuses(Uint8Array.from([...bytes, 0xff, 0xd9]), /more than 100 scans/);
});

Deno.test("readPictureHeader() of damaged bytes is a header or picture-invalid, nothing else", () => {
  const files = ["420.jpg", "turned_3.jpg", "palette_alpha.png", "turned_6.png", "turned_8.webp"]
    .map(golden);
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 }),
      (file, changes) => {
        const bytes = file.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          readPictureHeader(bytes);
        } catch (error) {
          assert.ok(error instanceof AppError && error.code === "picture-invalid", String(error));
        }
      },
    ),
    { numRuns: 500 },
  );
});
