/**
 * `deno task bundle:edge`: the whole edge as a few files that run anywhere without this repository, without
 * packages and without a network but the hub's. What it writes to `dist/edge` (or `--out FOLDER`):
 *
 * - `edge.js`, and one script for each Worker that it starts,
 * - the WebAssembly that they ask for,
 * - `deno.json` with the permission set `edge`: network, reading this folder, the edge's own variables.
 *
 * @module
 */
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

const ROOT = new URL("../", import.meta.url).pathname;

/** A Worker's script as the sources name it, beside the module that starts it. */
const WORKER = /new URL\(\s*(["'])\.\/([\w-]+)\.ts\1,\s*import\.meta\.url\s*\)/g;
/** Where the sources ask for a file of a package. */
const PACKAGE_FILE = /import\.meta\.resolve\(\s*(["'])([^"']+\.wasm)\1\s*\)/g;

/** Members whose packages the edge's code may ask for. */
const MEMBERS = ["shared", "edge"];

/**
 * Bundles the edge into `out`, which is emptied before; the names of the files written.
 *
 * @throws {Error} where Deno cannot bundle it, or a file it asks for is in no package
 */
export async function bundleEdge(out: string): Promise<string[]> {
  await Deno.remove(out, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(out, { recursive: true });
  const written = new Set<string>();
  const waiting = [{ entry: "main", name: "edge.js" }];
  for (const { entry, name } of waiting) {
    if (written.has(name)) continue;
    written.add(name);
    let code = await bundled(`${ROOT}edge/${entry}.ts`);
    code = code.replaceAll(WORKER, (_, quote: string, worker: string) => {
      waiting.push({ entry: worker, name: `${worker}.js` });
      return `new URL(${quote}./${worker}.js${quote},import.meta.url)`;
    });
    const files: string[] = [];
    code = code.replaceAll(PACKAGE_FILE, (_, quote: string, specifier: string) => {
      files.push(specifier);
      return `new URL(${quote}./${baseName(specifier)}${quote},import.meta.url).href`;
    });
    for (const specifier of files) {
      await Deno.copyFile(await packageFile(specifier), `${out}/${baseName(specifier)}`);
      written.add(baseName(specifier));
    }
    await Deno.writeTextFile(`${out}/${name}`, code);
  }
  await Deno.writeTextFile(`${out}/deno.json`, JSON.stringify(await runConfig(), null, 2) + "\n");
  return [...written, "deno.json"].sort();
}

/** One module with everything that it imports. */
async function bundled(entry: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-q", "--platform=deno", "--minify", "--keep-names", entry],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot bundle ${entry}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** Where the file that `specifier` names lies, by the import map of the member that knows it. */
async function packageFile(specifier: string): Promise<string> {
  for (const member of MEMBERS) {
    const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}${member}/deno.json`)) as {
      imports: Record<string, string>;
    };
    const prefix = Object.keys(imports).find((key) =>
      key === specifier || key.endsWith("/") && specifier.startsWith(key)
    );
    if (prefix === undefined) continue;
    const target = imports[prefix]!.replace(/^npm:\/?/, "")
      .replace(/^((?:@[^/]+\/)?[^@/]+)@[^/]+/, "$1") + specifier.slice(prefix.length);
    return createRequire(`${ROOT}${member}/deno.json`).resolve(target);
  }
  throw new Error(`Cannot bundle the edge: no member's import map knows ${specifier}`);
}

/** The settings that the bundle runs under: the root's permission set of the edge, reading its own folder. */
async function runConfig(): Promise<Record<string, unknown>> {
  const root = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
    permissions: { edge: Record<string, unknown> };
    unstable: string[];
  };
  return {
    nodeModulesDir: "none",
    lock: false,
    unstable: root.unstable,
    permissions: { edge: { ...root.permissions.edge, read: ["."] } },
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string" } } });
  const out = values.out ?? `${ROOT}dist/edge`;
  for (const name of await bundleEdge(out)) {
    const { size } = await Deno.stat(`${out}/${name}`);
    console.log(`${String(size).padStart(10)}  ${out}/${name}`);
  }
}
