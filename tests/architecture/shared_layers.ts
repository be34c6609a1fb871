/**
 * The rows of `shared/` in the table of `layers.ts`, and what rows are made of.
 *
 * @module
 */

/** One row: files under `path` (or the file itself) and what they may import. */
export interface Layer {
  readonly path: string;
  /** `core` layers are deterministic and do no I/O. */
  readonly kind: "core" | "shell";
  readonly mayImport: readonly string[];
  /** npm packages this layer is allowed to name. */
  readonly packages?: readonly string[];
}

/** What every layer may import. */
export const base = ["shared/hash.ts", "shared/errors.ts", "shared/random.ts", "shared/stats.ts"];
/** What hub and edge both build on. */
export const shared = [
  ...base,
  "shared/inputs.ts",
  "shared/exposition.ts",
  "shared/wasm_code.ts",
  "shared/features/",
  "shared/tokens/",
  "shared/images/",
  "shared/bundle/",
  "shared/contract.ts",
  "shared/fleet.ts",
];

/** Leaves first. */
export const SHARED_LAYERS: readonly Layer[] = [
  { path: "shared/hash.ts", kind: "core", mayImport: [] },
  { path: "shared/errors.ts", kind: "core", mayImport: [] },
  { path: "shared/drain.ts", kind: "shell", mayImport: ["shared/errors.ts"] },
  { path: "shared/random.ts", kind: "core", mayImport: [] },
  { path: "shared/stats.ts", kind: "core", mayImport: [] },
  { path: "shared/wasm_code.ts", kind: "core", mayImport: [] },
  { path: "shared/exposition.ts", kind: "core", mayImport: [] },
  { path: "shared/inputs.ts", kind: "core", mayImport: [], packages: ["zod"] },
  { path: "shared/features/", kind: "core", mayImport: base, packages: ["zod"] },
  {
    path: "shared/images/",
    kind: "core",
    mayImport: [...base, "shared/wasm_code.ts"],
    packages: ["zod"],
  },
  // the decoder for places without native code
  {
    path: "shared/images_wasm/",
    kind: "shell",
    mayImport: [...base, "shared/images/"],
    packages: ["@jsquash/jpeg", "@jsquash/png", "@jsquash/webp"],
  },
  // and the one for places that trust it
  {
    path: "shared/images_native/",
    kind: "shell",
    mayImport: [...base, "shared/images/"],
    packages: ["sharp"],
  },
  {
    path: "shared/tokens/",
    kind: "core",
    mayImport: [...base, "shared/features/"],
    packages: ["@huggingface/tokenizers"],
  },
  { path: "shared/fleet.ts", kind: "core", mayImport: base, packages: ["zod"] },
  {
    path: "shared/contract.ts",
    kind: "core",
    mayImport: [...base, "shared/inputs.ts", "shared/fleet.ts"],
    packages: ["zod"],
  },
  {
    path: "shared/bundle/",
    kind: "core",
    mayImport: [
      ...base,
      "shared/inputs.ts",
      "shared/features/",
      "shared/images/",
      "shared/contract.ts",
    ],
    packages: ["zod"],
  },
  // networks by kernels of our own
  {
    path: "shared/engine/",
    kind: "core",
    mayImport: [...base, "shared/wasm_code.ts", "shared/bundle/"],
  },
  // what talks to a hub from elsewhere
  { path: "shared/client/", kind: "shell", mayImport: base },
  {
    path: "shared/serving/",
    kind: "shell",
    mayImport: [...shared, "shared/engine/"],
    packages: ["onnxruntime-web"],
  },
];
