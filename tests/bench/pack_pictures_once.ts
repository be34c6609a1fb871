/**
 * Packs a zip of many small pictures, and prints what it took: `pack_pictures_once.ts ENTRIES ZIP`. The first call writes the
 * zip and ends: what that takes is not to be measured.
 *
 * @module
 */
import { openFolderStore } from "../../hub/artifact/blob_store.ts";
import { writePictureIndex } from "../../hub/data/picture_index.ts";
import { packPictures } from "../../hub/images/pack_pictures.ts";
import { openPictureFiles } from "../../hub/images/picture_files.ts";
import { openPictureReader } from "../../hub/images/picture_reader.ts";
import { type ZipFile, zipPieces } from "../../hub/images/testing/write_zip.ts";

const entries = Number(Deno.args[0]), zip = Deno.args[1]!;
try {
  await Deno.stat(zip);
} catch {
  await writeZip(zip);
  Deno.exit(0);
}
const data = await Deno.makeTempDir({ prefix: "aisle-bench-" });
try {
  const baseMb = Math.round(Deno.memoryUsage().rss / 1e6);
  const startMs = performance.now();
  const blobs = await openFolderStore(`${data}/blobs`);
  using files = await openPictureFiles(zip);
  const listedSeconds = (performance.now() - startMs) / 1000;
  const listedMb = Math.round(Deno.memoryUsage().rss / 1e6);
  const index = await packPictures(files, { keep: (_, bytes) => blobs.put(bytes) });
  const images = (await blobs.put(writePictureIndex(index))).digest;
  const packedSeconds = (performance.now() - startMs) / 1000;
  const reader = await openPictureReader(blobs, images);
  let read = 0;
  for await (const { bytes } of reader.readAll(index.places.keys())) if (bytes !== null) read++;
  const { size } = await Deno.stat(zip);
  console.log(JSON.stringify({
    entries: files.count,
    zipMb: Math.round(size / 1e6),
    packs: index.packs.length,
    read,
    listedSeconds,
    packedSeconds,
    baseMb,
    listedMb,
    rssMb: Math.round(peakBytes() / 1e6),
  }));
} finally {
  await Deno.remove(data, { recursive: true });
}

async function writeZip(path: string): Promise<void> {
  const { default: sharp } = await import("sharp");
  const jpeg = new Uint8Array(
    await sharp({ create: { width: 60, height: 80, channels: 3, background: "teal" } }).jpeg()
      .toBuffer(),
  );
  function* pictures(): Generator<ZipFile> {
    for (let i = 0; i < entries; i++) {
      // Bytes behind the picture's end make each file one of its own.
      const bytes = new Uint8Array(jpeg.length + 2048);
      bytes.set(jpeg);
      new DataView(bytes.buffer).setUint32(jpeg.length, i);
      const path = `image_train/image_${1_000_000_000 + i}_product_${i}.jpg`;
      yield { path, bytes, deflated: i % 2 === 0 };
    }
  }
  using file = await Deno.open(path, { write: true, create: true });
  const writer = file.writable.getWriter();
  let waiting: Uint8Array<ArrayBuffer>[] = [], waitingBytes = 0;
  const flush = async () => {
    const all = new Uint8Array(waitingBytes);
    let at = 0;
    for (const piece of waiting) {
      all.set(piece, at);
      at += piece.length;
    }
    [waiting, waitingBytes] = [[], 0];
    await writer.write(all);
  };
  for (const piece of zipPieces(pictures(), { zip64: true })) {
    waiting.push(piece);
    waitingBytes += piece.length;
    if (waitingBytes > 1 << 20) await flush();
  }
  await flush();
  writer.releaseLock();
}

function peakBytes(): number {
  try {
    const line = /VmHWM:\s*(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"));
    return 1024 * Number(line?.[1] ?? 0);
  } catch {
    return Deno.memoryUsage().rss;
  }
}
