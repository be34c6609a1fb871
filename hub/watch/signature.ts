/**
 * Signatures of webhooks: HMAC-SHA256 over time and body, so that a receiver knows who sent it, and when.
 *
 * Header: `x-aisle-signature: t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, t + "." + body)>`. A receiver
 * refuses times further than {@linkcode REPLAY_WINDOW_S} from its clock, and remembers the `x-aisle-delivery` ids of
 * that long: then nobody who listened in can send a message again.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";

/** How old, or how far ahead, a signature may be. */
export const REPLAY_WINDOW_S = 300;
/** Header of the signature. */
export const SIGNATURE_HEADER = "x-aisle-signature";
/** Header of the message's id, the same at every attempt. */
export const DELIVERY_HEADER = "x-aisle-delivery";

/** The signature of `body` at `nowMs`. */
export async function signBody(secret: string, body: string, nowMs: number): Promise<string> {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${await hmac(secret, `${t}.${body}`)}`;
}

/** Whether `header` signs `body` with `secret`, not long before or after `nowMs`. */
export async function verifyBody(
  secret: string,
  body: string,
  header: string,
  nowMs: number,
): Promise<boolean> {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (match === null) return false;
  const [, t, given] = match as unknown as [string, string, string];
  if (Math.abs(nowMs / 1000 - Number(t)) > REPLAY_WINDOW_S) return false;
  const wanted = await hmac(secret, `${t}.${body}`);
  return timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}

async function hmac(secret: string, text: string): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text))).toHex();
}
