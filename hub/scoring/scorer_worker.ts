/**
 * A Worker that scores products with their pictures: sharp decodes, ONNX Runtime runs natively, on one core.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { messageOf } from "@aisle/shared/errors";
import type { Predictor, ProductContent, Scored } from "@aisle/shared/serving";
import { openNative } from "./native_predictor.ts";

/** To the Worker: the bundle once, then products. */
export type PredictOrder =
  | {
    readonly type: "open";
    readonly bytes: Uint8Array<ArrayBuffer>;
    readonly digest: string;
    readonly merges: Readonly<Record<string, string>>;
  }
  | { readonly type: "score"; readonly id: number; readonly products: readonly ProductContent[] }
  | { readonly type: "close" };

/** From the Worker; id -1 answers `open`. */
export type PredictReply =
  | { readonly id: number; readonly ok: true; readonly scored: readonly Scored[] }
  | { readonly id: number; readonly ok: false; readonly message: string };

let predictor: Predictor | null = null;

async function answer(order: PredictOrder): Promise<readonly Scored[]> {
  if (order.type === "open") predictor = await openNative(order.bytes, order.digest, order.merges);
  if (order.type !== "score") return [];
  if (predictor === null) throw new TypeError("a score was asked for before a bundle");
  return await predictor.predict(order.products);
}

self.onmessage = async ({ data: order }: MessageEvent<PredictOrder>) => {
  if (order.type === "close") {
    await predictor?.[Symbol.asyncDispose]();
    return self.close();
  }
  const id = order.type === "score" ? order.id : -1;
  let reply: PredictReply;
  try {
    reply = { id, ok: true, scored: await answer(order) };
  } catch (error) {
    reply = { id, ok: false, message: messageOf(error) };
  }
  self.postMessage(reply);
};
