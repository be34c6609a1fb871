/**
 * The PNG decoder's WebAssembly with the few functions it asks for; its package's own glue allows one instance a
 * thread for ever, and each file that it fails on leaves a megabyte behind in that instance.
 *
 * @module
 */
import type { Raster } from "../images/mod.ts";

interface PngExports {
  readonly memory: WebAssembly.Memory;
  decode(address: number, length: number): number;
  __wbindgen_malloc(bytes: number, align: number): number;
  __wbindgen_free(address: number, bytes: number, align: number): void;
}

/** A fresh instance as a function from a file to its pixels. @throws {Error} where the file is no whole PNG */
export function instantiatePng(module: WebAssembly.Module): (bytes: Uint8Array) => Raster {
  let decoded: Raster | null = null;
  const given = {
    /** Hands out the decoded picture: address, bytes, width, height. */
    __wbg_newwithownedu8clampedarrayandsh: (
      at: number,
      n: number,
      width: number,
      height: number,
    ) => {
      const from = at >>> 0;
      const data = new Uint8Array(wasm.memory.buffer, from, n).slice();
      wasm.__wbindgen_free(from, n, 1);
      decoded = { width, height, channels: 4, data };
      return 0;
    },
    __wbindgen_throw: (at: number, n: number) => {
      throw new Error(new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, at >>> 0, n)));
    },
  };
  const unused = (name: string) => () => {
    throw new Error(`the PNG decoder called ${name}`);
  };
  const imports: Record<string, WebAssembly.ImportValue> = {};
  for (const { name } of WebAssembly.Module.imports(module)) {
    // Behind the name stands a hash that changes from version to version.
    const known = Object.entries(given).find(([prefix]) => name.startsWith(prefix));
    imports[name] = known?.[1] ?? unused(name);
  }
  const { exports } = new WebAssembly.Instance(module, { wbg: imports });
  const wasm = exports as unknown as PngExports;
  return (bytes) => {
    const address = wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
    new Uint8Array(wasm.memory.buffer, address, bytes.length).set(bytes);
    decoded = null;
    wasm.decode(address, bytes.length);
    if (decoded === null) throw new Error("no picture came out");
    return decoded;
  };
}
