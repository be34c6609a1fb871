/**
 * Downloads a model by its id into a folder, through `@huggingface/transformers`.
 *
 * The library fetches config, tokenizer and graph when it loads a model and keeps them in its cache folder, in the
 * very layout of the model's repository: that folder is what is wanted here; the loaded model is given back at once.
 *
 * @module
 */
import type { ModelUse } from "./folder.ts";

/** Downloads `model` so that its files lie under `modelsDir/model`. */
export async function downloadModel(
  model: string,
  use: ModelUse,
  modelsDir: string,
): Promise<void> {
  const { AutoModel, AutoProcessor, AutoTokenizer, env } = await import(
    "@huggingface/transformers"
  );
  env.cacheDir = modelsDir;
  env.allowLocalModels = false;
  // It would prefer Deno's Web Cache, out of which files cannot be read as a folder
  env.useBrowserCache = false;
  if (use === "text") await AutoTokenizer.from_pretrained(model);
  else await AutoProcessor.from_pretrained(model);
  const loaded = await AutoModel.from_pretrained(model, { dtype: "fp32", device: "cpu" });
  await loaded.dispose();
}
