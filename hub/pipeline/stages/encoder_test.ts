import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { sha256 } from "@aisle/shared/hash";
import { createMemoryStore } from "../../artifact/blob_store.ts";
import { writeJsonLines } from "../../data/json_lines.ts";
import { writeFeatureChunk } from "../../data/picture_features.ts";
import type { ProductRow } from "../../data/row.ts";
import { openImageEncoder } from "../../encoders/mod.ts";
import { encodeOnnx } from "../../onnx/mod.ts";
import { type Params, parseParams } from "../../params.ts";
import { openGraph } from "../../testing/graph_session.ts";
import type { TrainRow } from "../../training/train_input.ts";
import { planFineTune } from "../../vision/fine_tune.ts";
import { fineTuneFront, pixelFront } from "../../vision/front.ts";
import { learnedBranchFromBytes } from "../../vision/learned_branch.ts";
import { drawnPictures } from "../../vision/testing/drawn_pictures.ts";
import { untrainedEncoder } from "../../vision/testing/untrained_encoder.ts";
import type { StageContext } from "../stage_context.ts";
import type { EncoderInput } from "../stage_values.ts";
import { encoder } from "./encoder.ts";

const SIZE = 16, PICTURES = 120, ROWS = 150;
const drawn = drawnPictures(PICTURES, 1, SIZE);
const CODES = ["across", "down", "spot"];
/** Every fifth train row has no picture. */
const pictureOf = (row: number) => row % 5 === 4 ? -1 : row - Math.floor(row / 5);
const digestOf = (picture: number) => sha256(`picture ${picture}`);

const yaml = await Deno.readTextFile(new URL("../../../params.yaml", import.meta.url));
function testParams(blocks: number): Params {
  const params = parseParams(yaml), { image } = params;
  const short = { epochs: 6, batchSize: 8, patience: 6 };
  return {
    ...params,
    training: { ...params.training, device: "cpu" },
    image: {
      ...image,
      cnn: { ...image.cnn, ...short, size: SIZE, rate: 3e-3 },
      finetune: { ...image.finetune, ...short, blocks, rate: 1e-2, headRate: 3, epochs: 10 },
    },
  };
}

/** What the stages before have left: rows, texts and the values of the pictures by `front`. */
async function prepare(front: Parameters<typeof openGraph>[0]) {
  const blobs = createMemoryStore();
  const put = async (bytes: Uint8Array<ArrayBuffer>) => (await blobs.put(bytes)).digest;
  await using session = await openGraph(front);
  const shape = [PICTURES, SIZE, SIZE, 3];
  const { embedding } = await session.run({ pixels: { shape, data: drawn.pixels } });
  const digests = Array.from({ length: PICTURES }, (_, picture) => digestOf(picture));
  const values = Float16Array.from(embedding!.data);
  const chunk = await put(writeFeatureChunk({ digests, values }));
  const list = {
    version: 1,
    encoder: "front",
    embedding: values.length / PICTURES,
    handmade: 0,
    chunks: [chunk],
    undecodable: [],
  };
  const rows: ProductRow[] = [], texts: TrainRow[] = [];
  for (let row = 0; row < ROWS; row++) {
    const picture = pictureOf(row), code = CODES[picture < 0 ? 0 : drawn.labels[picture]!]!;
    texts.push({ text: `product ${row}`, code, group: `group ${row}` });
    rows.push({
      id: `${row}`,
      designation: `product ${row}`,
      description: "",
      code,
      productId: "",
      imageId: "",
      image: "",
      picture: picture < 0 ? "" : digestOf(picture),
      origin: "raw",
    });
  }
  const input = {
    train: (await blobs.put(writeJsonLines(rows))).digest,
    texts: (await blobs.put(writeJsonLines(texts))).digest,
    features: await put(new TextEncoder().encode(JSON.stringify(list))),
  };
  return { blobs, input };
}

async function run(
  { blobs, input }: Awaited<ReturnType<typeof prepare>>,
  base: EncoderInput["base"],
  more: Partial<StageContext> = {},
) {
  const folder = await Deno.makeTempDir({ prefix: "aisle-encoder-" });
  try {
    const output = await encoder({ ...input, base }, {
      blobs,
      params: testParams(1),
      emit: () => {},
      signal: new AbortController().signal,
      checkpointFile: `${folder}/checkpoint`,
      featuresDir: folder,
      ...more,
    });
    const left = more.checkpointFile === undefined ? [...Deno.readDirSync(folder)] : [];
    assert.deepEqual(left, [], "no checkpoint is left behind");
    return output;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function judged(
  { blobs }: Awaited<ReturnType<typeof prepare>>,
  output: Awaited<ReturnType<typeof encoder>>,
) {
  assert.ok(output.metrics.accuracy > 0.85, `held-out accuracy ${output.metrics.accuracy}`);
  assert.equal(output.device.device, "cpu");
  assert.notEqual(output.device.reason, "");
  const branch = learnedBranchFromBytes(await blobs.bytes(output.branch));
  assert.deepEqual(branch.classes, CODES);
  assert.equal(branch.heldOut.rows.length, output.metrics.rows);
  for (const row of branch.heldOut.rows) assert.ok(pictureOf(row) >= 0, `row ${row} has a picture`);
  const opened = await openImageEncoder(output.source, testParams(1).image, {
    read: (digest) => blobs.bytes(digest),
  });
  assert.deepEqual(output.encoder, { id: opened.id, name: opened.name });
  await using session = await openGraph(opened.graph);
  const fresh = drawnPictures(60, 77, SIZE), shape = [60, SIZE, SIZE, 3];
  const { embedding } = await session.run({ pixels: { shape, data: fresh.pixels } });
  const right = fresh.labels.filter((label, row) => {
    const scores = branch.classes.map((_, k) => {
      let sum = branch.bias[k]!;
      for (let d = 0; d < opened.dims; d++) {
        sum += embedding!.data[row * opened.dims + d]! * branch.weights[d * 3 + k]!;
      }
      return sum;
    });
    return scores[label] === Math.max(...scores);
  }).length;
  assert.ok(right > 45, `${right} of 60 new pictures right by the exported encoder and head`);
  return opened;
}

Deno.test("encoder() trains a network from scratch on the rows that have a picture", async () => {
  const prepared = await prepare(pixelFront(SIZE));
  const opened = await judged(prepared, await run(prepared, null));
  assert.equal(opened.name, "cnn@16");
});

Deno.test("encoder() trains the last blocks of an encoder", async () => {
  const graph = untrainedEncoder(SIZE);
  const prepared = await prepare(fineTuneFront(planFineTune(graph, 1)));
  const { digest: model } = await prepared.blobs.put(encodeOnnx(graph));
  const recipe = { version: 1, size: SIZE, fit: "stretch" } as const;
  const base = { kind: "own", name: "untrained", recipe, model } as const;
  const opened = await judged(prepared, await run(prepared, base));
  assert.equal(opened.name, "untrained+1");
});

Deno.test("encoder() that is cancelled goes on from its checkpoint to the same encoder", async () => {
  const prepared = await prepare(pixelFront(SIZE)), whole = await run(prepared, null);
  const folder = await Deno.makeTempDir({ prefix: "aisle-encoder-" });
  const checkpointFile = `${folder}/checkpoint`, abort = new AbortController();
  const cancelled = run(prepared, null, {
    checkpointFile,
    signal: abort.signal,
    emit: (event) => {
      if (event.type === "metric" && event.name === "encoder.accuracy") abort.abort();
    },
  });
  await assert.rejects(cancelled, (e: unknown) => e instanceof AppError && e.code === "cancelled");
  const said: string[] = [];
  const resumed = await run(prepared, null, {
    checkpointFile,
    emit: (event) => event.type === "log" && said.push(event.message),
  });
  assert.deepEqual(resumed, whole);
  assert.ok(said.some((message) => message.startsWith("goes on after step")), said.join("\n"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("encoder() refuses pictures of one code only", async () => {
  const prepared = await prepare(pixelFront(SIZE));
  const texts = Array.from(
    { length: ROWS },
    (_, row) => ({ text: "", code: "one", group: `${row}` }),
  );
  const { digest } = await prepared.blobs.put(writeJsonLines(texts));
  const one = { ...prepared, input: { ...prepared.input, texts: digest } };
  await assert.rejects(run(one, null), /pictures of two codes at least/);
});
