/**
 * Model folders in Hugging Face's layout, written for a test.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { encodeOnnx, type Graph } from "../../onnx/mod.ts";

/** What a folder holds, beside `config.json`. */
export interface ModelFiles {
  readonly graph: Graph;
  /** JSON files by name. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/** Writes the folder. */
export async function writeModelFolder(folder: string, { graph, json }: ModelFiles): Promise<void> {
  const files = { "config.json": { model_type: "tiny" }, ...json };
  for (const [name, value] of Object.entries(files)) {
    await write(join(folder, name), new TextEncoder().encode(JSON.stringify(value)));
  }
  await write(join(folder, "onnx/model.onnx"), encodeOnnx(graph));
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeFile(path, bytes);
}
