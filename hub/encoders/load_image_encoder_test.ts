import assert from "node:assert/strict";
import { encodeOnnx } from "../onnx/mod.ts";
import { loadImageEncoder } from "./load_image_encoder.ts";
import { writeModelFolder } from "./testing/model_folders.ts";
import { TINY_CHANNELS, TINY_SIZE, tinyCnn, tinyPatches } from "./testing/tiny_networks.ts";

const preprocessor = {
  size: { shortest_edge: 20 },
  crop_size: { height: TINY_SIZE, width: TINY_SIZE },
  do_center_crop: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.5, 0.5, 0.25],
};

async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "aisle-model-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
const constant = (
  graph: { initializers: readonly { name: string; data: unknown }[] },
  name: string,
) => Array.from(graph.initializers.find((tensor) => tensor.name === name)!.data as Float32Array);

Deno.test("loadImageEncoder() reads an ONNX file; what is not said is told", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/resnet.onnx`, encodeOnnx(tinyCnn()));
    const told: string[] = [];
    const encoder = await loadImageEncoder(`onnx:${folder}/resnet.onnx`, {
      log: (message) => told.push(message),
    });
    assert.equal(encoder.name, `onnx:resnet@${TINY_SIZE}`);
    assert.equal(encoder.dims, TINY_CHANNELS);
    assert.equal(told.length, 2);
    const other = await loadImageEncoder(`onnx:${folder}/resnet.onnx`, { mean: [0, 0, 0] });
    assert.notEqual(other.id, encoder.id);
  });
});

Deno.test("loadImageEncoder() reads a Hugging Face folder: size, mean and deviation are its own", async () => {
  await withFolder(async (folder) => {
    await writeModelFolder(folder, {
      graph: tinyPatches(),
      json: { "preprocessor_config.json": preprocessor },
    });
    const told: string[] = [];
    const encoder = await loadImageEncoder(`hf:${folder}`, {
      log: (message) => told.push(message),
    });
    assert.equal(encoder.recipe.size, TINY_SIZE);
    assert.equal(told.length, 1);
    const scale = constant(encoder.graph, "pixels/scale");
    assert.deepEqual(scale, [2 / 255, 2 / 255, 4 / 255].map(Math.fround));
    assert.deepEqual(constant(encoder.graph, "pixels/offset"), [-1, -0.8, -1.2].map(Math.fround));
    // the same file beside an ONNX file
    const same = await loadImageEncoder(`onnx:${folder}/onnx/model.onnx`);
    assert.equal(same.id, encoder.id);
  });
});

Deno.test("loadImageEncoder() says what a folder lacks and which file does not fit", async () => {
  await withFolder(async (folder) => {
    await assert.rejects(loadImageEncoder(`hf:${folder}`), {
      code: "model-invalid",
      message:
        /must have config\.json, onnx\/model\.onnx: config\.json, onnx\/model\.onnx is missing/,
    });
    await writeModelFolder(folder, {
      graph: tinyCnn(),
      json: { "preprocessor_config.json": { ...preprocessor, crop_size: { height: 8, width: 9 } } },
    });
    await assert.rejects(
      loadImageEncoder(`hf:${folder}`),
      /must be a square: current value is 8x9/,
    );
    await Deno.writeTextFile(`${folder}/preprocessor_config.json`, "<html>");
    await assert.rejects(
      loadImageEncoder(`hf:${folder}`),
      /preprocessor_config\.json: it must be JSON/,
    );
    await Deno.remove(`${folder}/preprocessor_config.json`);
    await Deno.writeTextFile(
      `${folder}/onnx/model.onnx`,
      "version https://git-lfs.github.com/spec/v1",
    );
    await assert.rejects(loadImageEncoder(`hf:${folder}`), { code: "model-invalid" });
  });
});

Deno.test("loadImageEncoder() refuses words that name nothing", async () => {
  await assert.rejects(loadImageEncoder("resnet"), {
    code: "params-invalid",
    message: /is resnet/,
  });
  await assert.rejects(loadImageEncoder("onnx:nowhere.onnx"), /no file nowhere\.onnx/);
  await assert.rejects(loadImageEncoder("hf:/nowhere/at/all"), /a folder that exists or the id/);
});
