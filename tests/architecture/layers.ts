/**
 * The architecture as data: which layer owns a file, and what it may import.
 *
 * The lint plugin (fast, per file) and the graph test (transitive) both read this table, so each rule is
 * written once. Rows follow the data flow; a row may only name rows above it, which makes the table a DAG
 * by construction.
 *
 * @module
 */

import { base, type Layer, shared, SHARED_LAYERS } from "./shared_layers.ts";

export type { Layer };

const hubBase = [...shared, "hub/params.ts", "hub/log.ts", "hub/config.ts"];

/** Most specific `path` wins. */
export const LAYERS: readonly Layer[] = [
  ...SHARED_LAYERS,
  // hub: in data-flow order
  { path: "hub/config.ts", kind: "core", mayImport: [...base, "shared/contract.ts"] },
  { path: "hub/params.ts", kind: "core", mayImport: base, packages: ["yaml", "zod"] },
  { path: "hub/log.ts", kind: "shell", mayImport: base },
  { path: "hub/onnx/", kind: "core", mayImport: [...base, "shared/bundle/"] },
  // for tests: any graph at all
  { path: "hub/onnx/testing/", kind: "core", mayImport: ["hub/onnx/"], packages: ["fast-check"] },
  {
    path: "hub/data/",
    kind: "core",
    mayImport: [...shared, "hub/params.ts"],
    packages: ["csv-parse", "csv-stringify", "zod"],
  },
  // by itself no native code: who shows pictures needs no decoder
  {
    path: "hub/images/picture_reader.ts",
    kind: "core",
    mayImport: [...base, "hub/data/"],
  },
  {
    path: "hub/images/",
    kind: "shell",
    mayImport: [
      ...base,
      "shared/images/",
      "shared/images_native/",
      "hub/data/",
      "hub/images/picture_reader.ts",
    ],
    packages: ["sharp", "onnxruntime-node"],
  },
  // rows of data versions for people to look into, in a Worker
  { path: "hub/browse/", kind: "shell", mayImport: [...base, "hub/data/"] },
  { path: "hub/features/", kind: "core", mayImport: [...shared, "hub/params.ts", "hub/data/"] },
  {
    path: "hub/model/",
    kind: "core",
    mayImport: [...shared, "hub/params.ts", "hub/onnx/"],
  },
  { path: "hub/training/array_file.ts", kind: "core", mayImport: base },
  {
    path: "hub/training/network/",
    kind: "core",
    mayImport: [
      ...base,
      "shared/wasm_code.ts",
      "hub/onnx/",
      "hub/model/",
      "hub/training/array_file.ts",
    ],
  },
  {
    path: "hub/training/executors/",
    kind: "shell",
    mayImport: [...base, "hub/onnx/", "hub/model/", "hub/training/network/"],
    packages: ["onnxruntime-node", "onnxruntime-web"],
  },
  {
    path: "hub/training/",
    kind: "core",
    mayImport: [
      ...shared,
      "hub/params.ts",
      "hub/onnx/",
      "hub/data/",
      "hub/features/",
      "hub/model/",
      "hub/training/array_file.ts",
    ],
  },
  {
    path: "hub/export/",
    kind: "core",
    mayImport: [...shared, "hub/params.ts", "hub/onnx/", "hub/model/", "hub/training/"],
  },
  {
    path: "hub/encoders/",
    kind: "shell",
    mayImport: [
      ...base,
      "shared/features/",
      "shared/tokens/",
      "shared/images/",
      "shared/bundle/",
      "hub/onnx/",
    ],
    packages: ["nsfwjs", "@huggingface/transformers", "onnxruntime-node", "zod"],
  },
  {
    path: "hub/vision/",
    kind: "core",
    mayImport: [
      ...base,
      "shared/images/",
      "hub/params.ts",
      "hub/onnx/",
      "hub/model/",
      "hub/training/",
    ],
  },
  {
    path: "hub/evaluation/",
    kind: "core",
    mayImport: [...shared, "shared/serving/", "hub/params.ts", "hub/data/"],
    packages: ["zod"],
  },
  // bundles over many products, natively
  {
    path: "hub/scoring/",
    kind: "shell",
    mayImport: [
      ...shared,
      "shared/images_native/",
      "shared/serving/",
      "hub/data/",
      "hub/images/",
      "hub/evaluation/",
    ],
    packages: ["onnxruntime-node"],
  },
  {
    path: "hub/db/",
    kind: "shell",
    mayImport: [...base, "shared/contract.ts"],
    packages: ["drizzle-orm", "@libsql/client"],
  },
  {
    path: "hub/review/",
    kind: "core",
    mayImport: [...base, "shared/features/"],
  },
  { path: "hub/registry/lifecycle.ts", kind: "core", mayImport: ["shared/errors.ts"] },
  { path: "hub/registry/query/", kind: "core", mayImport: base },
  {
    path: "hub/registry/",
    kind: "shell",
    mayImport: [
      ...shared,
      "hub/db/",
      "hub/review/",
      "hub/registry/lifecycle.ts",
      "hub/registry/query/",
    ],
    packages: ["drizzle-orm"],
  },
  { path: "hub/artifact/", kind: "shell", mayImport: [...shared, "hub/db/", "hub/registry/"] },
  {
    path: "hub/monitoring/",
    kind: "core",
    mayImport: [...shared, "hub/params.ts", "hub/registry/"],
  },
  {
    path: "hub/trial/",
    kind: "shell",
    mayImport: [...shared, "shared/images_wasm/", "shared/serving/"],
  },
  { path: "hub/tuning/", kind: "core", mayImport: [...base, "hub/params.ts"] },
  {
    path: "hub/cards/",
    kind: "core",
    mayImport: [...base, "hub/evaluation/"],
    packages: ["zod"],
  },
  // hub: orchestration and doors
  {
    path: "hub/pipeline/",
    kind: "shell",
    mayImport: [
      ...hubBase,
      "shared/images_wasm/",
      "shared/images_native/",
      "shared/serving/",
      "hub/onnx/",
      "hub/data/",
      "hub/images/",
      "hub/encoders/",
      "hub/features/",
      "hub/model/",
      "hub/training/",
      "hub/vision/",
      "hub/export/",
      "hub/evaluation/",
      "hub/scoring/",
      "hub/registry/",
      "hub/artifact/",
      "hub/monitoring/",
    ],
    packages: ["zod", "onnxruntime-node"],
  },
  // what keeps a data folder safe and small
  {
    path: "hub/upkeep/",
    kind: "shell",
    mayImport: [
      ...base,
      "shared/bundle/",
      "shared/contract.ts",
      "hub/db/",
      "hub/registry/",
      "hub/artifact/",
      "hub/pipeline/",
    ],
    packages: ["drizzle-orm", "zod"],
  },
  {
    path: "hub/scheduler/",
    kind: "shell",
    mayImport: [
      ...hubBase,
      "hub/review/",
      "hub/registry/",
      "hub/artifact/",
      "hub/monitoring/",
      "hub/data/",
      "hub/images/",
      "hub/pipeline/",
      "hub/tuning/",
      "hub/upkeep/",
    ],
    packages: ["croner", "zod"],
  },
  // what looks at the catalogues by itself, and tells others
  {
    path: "hub/watch/",
    kind: "shell",
    mayImport: [...hubBase, "hub/registry/", "hub/monitoring/"],
  },
  {
    path: "hub/api/",
    kind: "shell",
    mayImport: [
      ...hubBase,
      "hub/data/",
      "hub/images/picture_reader.ts",
      "hub/evaluation/",
      "hub/trial/",
      "hub/cards/",
      "hub/watch/",
      "hub/review/",
      "hub/registry/",
      "hub/artifact/",
      "hub/monitoring/",
      "hub/pipeline/",
      "hub/scheduler/",
    ],
    packages: ["hono", "@hono/zod-openapi", "zod"],
  },
  {
    path: "hub/mlflow/",
    kind: "shell",
    mayImport: [...hubBase, "hub/registry/", "hub/api/"],
    packages: ["@hono/zod-openapi"],
  },
  {
    path: "hub/dashboard/",
    kind: "shell",
    mayImport: [
      ...hubBase,
      "hub/data/",
      "hub/cards/",
      "hub/evaluation/",
      "hub/review/",
      "hub/registry/",
      "hub/monitoring/",
      "hub/api/",
    ],
    packages: ["hono"],
  },
  // what the replaced stack left behind
  {
    path: "hub/imports/",
    kind: "shell",
    mayImport: [...base, "hub/params.ts", "hub/db/", "hub/registry/"],
    packages: ["yaml"],
  },
  { path: "hub/lock.ts", kind: "shell", mayImport: base },
  { path: "hub/hub.ts", kind: "shell", mayImport: ["shared/", "hub/"] },
  {
    path: "hub/main.ts",
    kind: "shell",
    mayImport: ["shared/", "hub/"],
    packages: ["hono"],
  },
  {
    path: "hub/commands/",
    kind: "shell",
    mayImport: ["shared/", "hub/"],
    packages: ["csv-parse", "csv-stringify", "zod"],
  },
  { path: "hub/cli.ts", kind: "shell", mayImport: ["shared/", "hub/"] },
  // for tests: a whole hub over a throw-away database; a graph in the native runtime
  {
    path: "hub/testing/",
    kind: "shell",
    mayImport: ["shared/", "hub/"],
    packages: ["drizzle-orm", "@libsql/client", "onnxruntime-node"],
  },
  // for tests: a signed-in page in a real browser
  {
    path: "hub/dashboard/testing/",
    kind: "shell",
    mayImport: ["hub/dashboard/", "hub/testing/"],
    packages: ["playwright-core", "axe-core"],
  },
  // edge
  {
    path: "edge/",
    kind: "shell",
    mayImport: [...shared, "shared/drain.ts", "shared/images_wasm/", "shared/serving/"],
    packages: ["hono", "@hono/zod-openapi", "zod"],
  },
  // the edge's entry for machines that trust native code
  {
    path: "edge/native/",
    kind: "shell",
    mayImport: [...shared, "shared/images_native/", "shared/serving/", "edge/"],
    packages: ["onnxruntime-node", "sharp", "@julusian/jpeg-turbo"],
  },
  { path: "edge/native_main.ts", kind: "shell", mayImport: ["edge/"] },
  // what builds and ships; no part of any process
  { path: "tools/", kind: "shell", mayImport: [] },
];

/** The layer that owns `file` (repo-relative, `/`-separated), if any. */
export function layerOf(file: string): Layer | undefined {
  let best: Layer | undefined;
  for (const layer of LAYERS) {
    if (file.startsWith(layer.path) && layer.path.length > (best?.path.length ?? -1)) best = layer;
  }
  return best;
}

/** Whether `from` may import `to`; both repo-relative. Same layer is always allowed. */
export function mayImport(from: string, to: string): boolean {
  const a = layerOf(from), b = layerOf(to);
  if (a === undefined || b === undefined || a === b) return true;
  return a.mayImport.some((path) => b.path.startsWith(path));
}
