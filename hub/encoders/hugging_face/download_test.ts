import assert from "node:assert/strict";
import { env } from "@huggingface/transformers";
import { loadImageEncoder } from "../load_image_encoder.ts";
import { writeModelFolder } from "../testing/model_folders.ts";
import { TINY_SIZE, tinyCnn } from "../testing/tiny_networks.ts";
import { writeSentenceFolder } from "../testing/tiny_sentences.ts";
import { huggingFaceFolder } from "./folder.ts";

/** Answers as Hugging Face does, from `folder`; counts what was asked for. */
function repository(folder: string) {
  const asked: string[] = [];
  const fetch = async (input: string | URL | Request) => {
    const [, owner, model, , , ...path] = new URL(String(input)).pathname.split("/");
    const name = path.join("/");
    asked.push(`${owner}/${model}/${name}`);
    try {
      const bytes = await Deno.readFile(`${folder}/${name}`);
      const headers = { "content-length": String(bytes.length) };
      return new Response(bytes, { headers });
    } catch {
      return new Response("not found", { status: 404 });
    }
  };
  return { asked, fetch };
}

/** Runs `work` with Hugging Face replaced by `folder`. */
async function served(
  write: (folder: string) => Promise<void>,
  work: (modelsDir: string, asked: readonly string[]) => Promise<void>,
): Promise<void> {
  const [folder, modelsDir] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const honest = env.fetch;
  try {
    await write(folder);
    const { asked, fetch } = repository(folder);
    env.fetch = fetch as typeof env.fetch;
    await work(modelsDir, asked);
  } finally {
    env.fetch = honest;
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(modelsDir, { recursive: true });
  }
}

Deno.test({
  name: "a model's id is downloaded once through transformers and then read as a folder (image)",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await served(
      (folder) =>
        writeModelFolder(folder, {
          graph: tinyCnn({ ends: "hidden" }),
          json: {
            "config.json": { model_type: "resnet", architectures: ["ResNetModel"] },
            "preprocessor_config.json": {
              image_processor_type: "ViTImageProcessor",
              size: { height: TINY_SIZE, width: TINY_SIZE },
              image_mean: [0.5, 0.5, 0.5],
              image_std: [0.5, 0.5, 0.5],
            },
          },
        }),
      async (modelsDir, asked) => {
        const encoder = await loadImageEncoder("hf:owner/tiny", { modelsDir });
        assert.equal(encoder.name, `hf:owner/tiny@${TINY_SIZE}`);
        assert.ok(asked.includes("owner/tiny/onnx/model.onnx"), asked.join());
        const before = asked.length;
        const again = await loadImageEncoder("hf:owner/tiny", { modelsDir });
        assert.equal(again.id, encoder.id);
        assert.equal(asked.length, before);
      },
    );
  },
});

Deno.test({
  name: "a model's id is downloaded once through transformers and then read as a folder (text)",
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await served(
      (folder) => writeSentenceFolder(folder, ["red", "mug"]),
      async (modelsDir, asked) => {
        const folder = await huggingFaceFolder("owner/tiny", "text", modelsDir);
        assert.ok((await folder.read("tokenizer.json")).length > 0);
        assert.ok((await folder.read("tokenizer_config.json")).length > 0);
        assert.ok(asked.includes("owner/tiny/onnx/model.onnx"), asked.join());
      },
    );
  },
});
