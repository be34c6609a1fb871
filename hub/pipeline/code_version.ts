/**
 * The code version of a stage: the hash of its own module graph.
 *
 * Two checkouts whose stage reads the same bytes have the same version, whatever else differs; a change in a
 * file that the stage never imports does not run it again.
 *
 * @module
 */
import { hasher } from "@aisle/shared/hash";

const ROOT = new URL("../../", import.meta.url);
/** Static imports and re-exports, `import()` of a literal, and `new URL("./x", import.meta.url)` (workers, assets). */
const IMPORTS = /(?:\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)["']([^"']+)["']/g;

interface MemberConfig {
  readonly exports?: Record<string, string>;
  readonly imports?: Record<string, string>;
}

/** Reads the graph; one instance remembers what it has read. */
export class CodeVersions {
  readonly #root: URL;
  readonly #files = new Map<string, { text: string; imports: readonly string[] }>();
  readonly #members = new Map<string, MemberConfig>();
  readonly #versions = new Map<string, string>();

  /** @param root the repository's folder, ending in a slash */
  constructor(root: URL = ROOT) {
    this.#root = root;
  }

  /**
   * Version of the code reachable from `entries`, files relative to the repository root.
   *
   * Packages count by the exact version that the member's import map names.
   */
  async of(entries: readonly string[]): Promise<string> {
    const name = entries.join(" ");
    const known = this.#versions.get(name);
    if (known !== undefined) return known;
    const seen = new Set<string>();
    const packages = new Set<string>();
    const queue = [...entries];
    while (queue.length > 0) {
      const file = queue.pop()!;
      if (seen.has(file)) continue;
      seen.add(file);
      const { imports } = await this.#read(file);
      for (const specifier of imports) {
        const target = await this.#resolve(specifier, file);
        if (target === null) continue;
        if (target.startsWith("npm:")) packages.add(target);
        else queue.push(target);
      }
    }
    const hash = hasher();
    for (const file of [...seen].sort()) {
      hash.update(`${file}\0${(await this.#read(file)).text}\0`);
    }
    for (const name of [...packages].sort()) hash.update(`${name}\0`);
    const version = hash.hex();
    this.#versions.set(name, version);
    return version;
  }

  async #read(file: string): Promise<{ text: string; imports: readonly string[] }> {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const text = await Deno.readTextFile(new URL(file, this.#root));
    // Types leave no trace in what runs.
    const code = /\.tsx?$/.test(file) ? text.replace(/\b(?:im|ex)port type [^;]+;/g, "") : "";
    const imports = [...code.matchAll(IMPORTS)].map((m) => m[1]!);
    const read = { text, imports };
    this.#files.set(file, read);
    return read;
  }

  async #resolve(specifier: string, from: string): Promise<string | null> {
    if (specifier.startsWith("node:")) return null;
    if (specifier.startsWith(".")) {
      const path = new URL(specifier, new URL(from, this.#root)).pathname;
      const relative = path.slice(this.#root.pathname.length);
      return (await exists(new URL(relative, this.#root))) ? relative : null;
    }
    const member = /^@aisle\/([^/]+)\/(.+)$/.exec(specifier);
    if (member !== null) {
      const config = await this.#member(member[1]!);
      const target = config.exports?.[`./${member[2]}`];
      return target === undefined ? null : `${member[1]}/${target.replace(/^\.\//, "")}`;
    }
    const config = await this.#member(from.split("/")[0]!);
    return config.imports?.[specifier] ?? (specifier.startsWith("npm:") ? specifier : null);
  }

  async #member(name: string): Promise<MemberConfig> {
    let config = this.#members.get(name);
    if (config === undefined) {
      config = JSON.parse(
        await Deno.readTextFile(new URL(`${name}/deno.json`, this.#root)),
      ) as MemberConfig;
      this.#members.set(name, config);
    }
    return config;
  }
}

async function exists(url: URL): Promise<boolean> {
  try {
    return (await Deno.stat(url)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
