/**
 * What an edge keeps over a restart: named bytes, in the Web Cache API, which persists without a write permission.
 *
 * Not trusted when read back: who reads a release or a bundle checks signature and digest again.
 * A keep may lose everything (memory only, a read-only machine, a full disk); it never makes up anything.
 *
 * @module
 */

/** Named bytes that may outlive the process. */
export interface Keep {
  /** Whether what is put here is there after a restart. */
  readonly persistent: boolean;
  get(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  put(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(name: string): Promise<void>;
  /** Names that start with `prefix`, in no order. */
  names(prefix: string): Promise<string[]>;
}

/** A {@linkcode Keep} that forgets at the end of the process. */
export function memoryKeep(): Keep {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    persistent: false,
    get: (name) => Promise.resolve(held.get(name) ?? null),
    put: (name, bytes) => {
      held.set(name, bytes);
      return Promise.resolve();
    },
    delete: (name) => {
      held.delete(name);
      return Promise.resolve();
    },
    names: (prefix) => Promise.resolve([...held.keys()].filter((n) => n.startsWith(prefix))),
  };
}

/** The Cache API wants addresses; this host cannot exist (RFC 2606). */
const ORIGIN = "https://keep.invalid/";

/** A {@linkcode Keep} in `cache`; names must be made of letters, digits, `-` and `/`. */
export function cacheKeep(cache: Cache): Keep {
  return {
    persistent: true,
    get: async (name) => {
      const found = await cache.match(ORIGIN + name);
      return found === undefined ? null : new Uint8Array(await found.arrayBuffer());
    },
    put: (name, bytes) => cache.put(ORIGIN + name, new Response(bytes)),
    delete: async (name) => {
      await cache.delete(ORIGIN + name);
    },
    names: async (prefix) =>
      (await cache.keys()).map((request) => request.url.slice(ORIGIN.length))
        .filter((name) => name.startsWith(prefix)),
  };
}

/** Options of {@linkcode openKeep}. */
export interface OpenKeepOptions {
  /** Forget what an earlier run kept. */
  readonly clear?: boolean;
  /** Told why nothing will persist. */
  readonly onMemory: (error: unknown) => void;
}

/** Opens the keep called `name`, trying one write; memory, with the reason told, where the Cache API does not work. */
export async function openKeep(
  caches: CacheStorage,
  name: string,
  { clear = false, onMemory }: OpenKeepOptions,
): Promise<Keep> {
  try {
    if (clear) await caches.delete(name);
    const keep = cacheKeep(await caches.open(name));
    await keep.put("probe", new Uint8Array([1]));
    await keep.delete("probe");
    return keep;
  } catch (error) {
    onMemory(error);
    return memoryKeep();
  }
}
