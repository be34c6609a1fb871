import assert from "node:assert/strict";
import { tinyCnn } from "../testing/tiny_networks.ts";
import { writeModelFolder } from "../testing/model_folders.ts";
import { huggingFaceFolder } from "./folder.ts";

Deno.test("huggingFaceFolder() of an id that was downloaded before asks no network", async () => {
  const modelsDir = await Deno.makeTempDir({ prefix: "aisle-models-" });
  try {
    await writeModelFolder(`${modelsDir}/owner/tiny`, { graph: tinyCnn() });
    const folder = await huggingFaceFolder("owner/tiny", "image", modelsDir);
    assert.equal(folder.name, "owner/tiny");
    assert.ok((await folder.read("onnx/model.onnx")).length > 0);
  } finally {
    await Deno.remove(modelsDir, { recursive: true });
  }
});

Deno.test({
  name: "huggingFaceFolder() of an id that cannot be fetched says so and what to do instead",
  // the library keeps its own timers and connections
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const modelsDir = await Deno.makeTempDir({ prefix: "aisle-models-" });
    const { env } = await import("@huggingface/transformers");
    const honest = env.fetch;
    env.fetch = () => Promise.reject(new TypeError("no network"));
    try {
      await assert.rejects(huggingFaceFolder("owner/none", "text", modelsDir), {
        code: "model-unavailable",
        message: /owner\/none from Hugging Face: .*no network.*hf:FOLDER/,
      });
    } finally {
      env.fetch = honest;
      await Deno.remove(modelsDir, { recursive: true });
    }
  },
});
