/**
 * Decodes one picture in a Worker, for a test.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { messageOf } from "../../errors.ts";
import { decodeUpright } from "../../images/mod.ts";
import { type PictureBinaries, wasmDecoder } from "../mod.ts";

self.onmessage = async (
  { data }: MessageEvent<{ binaries: PictureBinaries; bytes: Uint8Array<ArrayBuffer> }>,
) => {
  try {
    const { width, height } = await decodeUpright(wasmDecoder(data.binaries), data.bytes);
    self.postMessage({ width, height });
  } catch (error) {
    self.postMessage({ error: messageOf(error) });
  }
};
