/**
 * Pictures at the door: out of base64 or a form's file, bounded, their header read before anything decodes them.
 *
 * What passes here may still not decode; that is found in the model worker.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** What a picture must be to get in. */
export interface PictureDoor {
  readonly maxBytes: number;
  /** @throws {AppError} `picture-invalid` for a header that promises no picture that is taken */
  check(bytes: Uint8Array<ArrayBuffer>): void;
}

/** Head of a data URL, as browsers' file readers give it. */
const DATA_URL = /^data:[\w.+/-]{0,60};base64,/;

/**
 * Lets a picture's file in.
 *
 * @throws {AppError} `too-large`, `picture-invalid`
 */
export function letIn(bytes: Uint8Array<ArrayBuffer>, door: PictureDoor): Uint8Array<ArrayBuffer> {
  if (bytes.length > door.maxBytes) {
    throw new AppError(
      "too-large",
      `Cannot take the picture: at most ${door.maxBytes} bytes: current value is ${bytes.length}`,
    );
  }
  door.check(bytes);
  return bytes;
}

/**
 * The bytes of a base64 text or data URL.
 *
 * @throws {AppError} `input-invalid`
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const head = DATA_URL.exec(text.slice(0, 100))?.[0] ?? "";
  try {
    return Uint8Array.fromBase64(text.slice(head.length));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new AppError("input-invalid", "Cannot take the product: image: it is no base64", {
      cause: error,
    });
  }
}
