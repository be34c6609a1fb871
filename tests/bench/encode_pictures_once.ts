/**
 * Decodes and encodes every picture of a folder once, and prints what it took:
 * `encode_pictures_once.ts ours|bare|bare-threads FOLDER`.
 *
 * `ours` is what the stage `pictures` does, cache and all; `bare` is sharp and native ONNX Runtime in a loop on one
 * thread, with sharp's own resize; `bare-threads` leaves every core to the runtime.
 *
 * @module
 */
import process from "node:process";
import * as ort from "onnxruntime-node";
import sharp from "sharp";
import { HANDMADE, handmadeFeatures } from "../../shared/images/mod.ts";
import { openFolderStore } from "../../hub/artifact/blob_store.ts";
import { writePictureIndex } from "../../hub/data/picture_index.ts";
import { type ImageEncoder, loadImageEncoder } from "../../hub/encoders/mod.ts";
import { encodeOnnx } from "../../hub/onnx/mod.ts";
import { encodePictures } from "../../hub/images/encode_pictures.ts";
import { FeatureCache } from "../../hub/images/feature_cache.ts";
import { packPictures } from "../../hub/images/pack_pictures.ts";
import { openPictureFiles } from "../../hub/images/picture_files.ts";
import { openPictureReader } from "../../hub/images/picture_reader.ts";

const [mode, folder] = Deno.args;
if (folder === undefined || !["ours", "bare", "bare-threads"].includes(mode!)) {
  throw new Error("Say which way and which pictures: ours|bare|bare-threads FOLDER");
}
const encoder = await loadImageEncoder("mobilenet-v2");
const { pictures, ...took } = mode === "ours" ? await ours(encoder) : await bare(encoder);
console.log(JSON.stringify({ pictures, ...took, rssMb: Math.round(peakBytes() / 1e6) }));

interface Took {
  readonly pictures: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function ours({ id, dims, graph, recipe }: ImageEncoder): Promise<Took> {
  const data = await Deno.makeTempDir({ prefix: "aisle-bench-" });
  try {
    const blobs = await openFolderStore(`${data}/blobs`);
    using files = await openPictureFiles(folder!);
    const index = await packPictures(files, { keep: (_, bytes) => blobs.put(bytes) });
    const images = (await blobs.put(writePictureIndex(index))).digest;
    const kind = { encoder: id, embedding: dims, handmade: HANDMADE.dims };
    const stop = clock();
    const { decoded } = await encodePictures(new Set(index.places.keys()), {
      kind,
      cache: await FeatureCache.open(`${data}/features`, kind, blobs),
      reader: await openPictureReader(blobs, images),
      model: encodeOnnx(graph),
      recipe,
      workers: navigator.hardwareConcurrency,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    return { pictures: decoded, ...stop() };
  } finally {
    await Deno.remove(data, { recursive: true });
  }
}

async function bare({ graph, recipe: { size } }: ImageEncoder): Promise<Took> {
  const files: Uint8Array[] = [];
  for await (const { name } of Deno.readDir(folder!)) {
    files.push(await Deno.readFile(`${folder}/${name}`));
  }
  const stop = clock();
  const session = await ort.InferenceSession.create(encodeOnnx(graph), {
    intraOpNumThreads: mode === "bare" ? 1 : navigator.hardwareConcurrency,
    logSeverityLevel: 3,
  });
  for (const file of files) {
    const pixels = await sharp(file).resize(size, size, { fit: "fill" }).removeAlpha()
      .toColourspace("srgb").raw().toBuffer();
    const input = new ort.Tensor("uint8", new Uint8Array(pixels), [1, size, size, 3]);
    await session.run({ pixels: input }, ["embedding"]);
    handmadeFeatures(input.data as Uint8Array, size);
  }
  return { pictures: files.length, ...stop() };
}

function clock(): () => Omit<Took, "pictures"> {
  const startMs = performance.now(), before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { seconds: (performance.now() - startMs) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

function peakBytes(): number {
  try {
    const line = /VmHWM:\s*(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"));
    return 1024 * Number(line?.[1] ?? 0);
  } catch {
    return Deno.memoryUsage().rss;
  }
}
