/**
 * What the stage process may do: files that users send are decoded and trained on there.
 *
 * @module
 */

/** Where a stage process finds its code and its data: folders without a slash at the end. */
export interface StageFolders {
  /** The repository. */
  readonly root: string;
  readonly data: string;
}

/** The stages' own code and what it is made of; the data folder may lie beside them. */
const CODE = ["hub", "shared", "node_modules", "links", "deno.json"];
/** Of the data folder; keys, database and lock file are none of these. */
const DATA = ["blobs", "checkpoints", "features"];

/** Flags of `deno run`: no network, no other process, no variables, and nothing of the data folder but blobs. */
export function stagePermissions({ root, data }: StageFolders): string[] {
  const folders = DATA.map((name) => `${data}/${name}`);
  const code = CODE.map((name) => `${root}/${name}`);
  return [
    "--no-prompt",
    `--allow-read=${[...code, ...folders].join(",")}`,
    `--allow-write=${folders.join(",")}`,
    // Native decoders and runtimes, out of the installed packages alone. They look at the machine when they are
    // loaded, and at environment variables, of which they see none.
    `--allow-ffi=${root}/node_modules`,
    "--allow-sys=cpus,networkInterfaces,hostname",
    "--ignore-env",
  ];
}
