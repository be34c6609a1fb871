/**
 * Every operator's gradient again, computed by WebGPU and held against finite differences from the CPU: the very
 * cases that stand beside the operators, imported after the check was told to compute on the GPU.
 */
import { encodeOnnx } from "../../hub/onnx/mod.ts";
import { checkGradientsOn } from "../../hub/testing/gradient_check.ts";
import { findWebGpu, type WebGpu } from "../../hub/training/executors/webgpu_device.ts";

const found = await findWebGpu();
if ("missing" in found) {
  const name = `every operator's gradient on WebGPU (skipped: ${found.missing})`;
  Deno.test({ name, ignore: true, fn: () => {} });
} else {
  Deno.test(`gradients of this file are computed by ${found.gpu.adapter}`, () => {});
  checkGradientsOn((graph) => openOn(found.gpu, encodeOnnx(graph)));
  for (const file of await casesIn("hub/model/graph", "hub/model/imported")) {
    await import(`../../${file}`);
  }
}

async function openOn(gpu: WebGpu, model: Uint8Array) {
  const session = await gpu.open(model, "cpu");
  return {
    async run(
      values: Parameters<Awaited<ReturnType<Parameters<typeof checkGradientsOn>[0]>>["run"]>[0],
    ) {
      const feeds = Object.fromEntries(
        Object.entries(values).map(([name, { data, shape }]) => [name, gpu.tensor(data, shape)]),
      );
      const results = Object.entries(await session.run(feeds));
      return Object.fromEntries(
        results.map((
          [name, { data, dims }],
        ) => [name, { data: data as Float32Array, shape: dims }]),
      );
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

/** Test files of `folders` that check gradients. */
async function casesIn(...folders: readonly string[]): Promise<string[]> {
  const root = new URL("../../", import.meta.url).pathname, files: string[] = [];
  for (const folder of folders) {
    for await (const { name } of Deno.readDir(root + folder)) {
      const file = `${folder}/${name}`;
      if (!name.endsWith("_test.ts")) continue;
      if ((await Deno.readTextFile(root + file)).includes("checkGradients(")) files.push(file);
    }
  }
  return files.sort();
}
