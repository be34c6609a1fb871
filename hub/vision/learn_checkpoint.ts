/**
 * Where a training of pictures stands, as bytes: what the first network left, and the run that is under way.
 *
 * @module
 */
import { arraysFromBytes, arraysToBytes } from "../training/array_file.ts";

/** What the network that did not see them says of held-out rows. */
export interface HeldOut {
  /** Numbers of the rows. */
  readonly rows: Int32Array;
  /** [rows, classes] */
  readonly logits: Float32Array;
  /** Epochs after which it told them apart best. */
  readonly epochs: number;
}

interface Header {
  readonly digest: string;
  readonly rows: number;
  readonly logits: number;
  /** 0 while the first network trains. */
  readonly epochs: number;
  /** Bytes of the loop's own checkpoint. */
  readonly loop: number;
}

/** See the module's note. */
export class LearnCheckpoint {
  constructor(
    /** Names data and params. */
    readonly digest: string,
    /** Null while the first network trains. */
    readonly heldOut: HeldOut | null,
    /** The loop's checkpoint. */
    readonly loop: Uint8Array | null,
  ) {}

  toBytes(): Uint8Array<ArrayBuffer> {
    const { digest, heldOut, loop } = this;
    const [rows, logits] = [heldOut?.rows ?? [], heldOut?.logits ?? new Float32Array()];
    const whole = loop ?? new Uint8Array();
    const header: Header = {
      digest,
      rows: rows.length,
      logits: logits.length,
      epochs: heldOut?.epochs ?? 0,
      loop: whole.length,
    };
    // Row numbers are exact as floats up to 2^24, far above the rows of a catalogue; the loop's bytes go four by four.
    const padded = new Uint8Array(Math.ceil(whole.length / 4) * 4);
    padded.set(whole);
    return arraysToBytes(header, [
      Float32Array.from(rows),
      logits,
      new Float32Array(padded.buffer),
    ]);
  }

  /** The checkpoint in `bytes`; null where it is not whole or of other data or params. */
  static read(bytes: Uint8Array, digest: string): LearnCheckpoint | null {
    const file = arraysFromBytes<Header>(bytes);
    if (file === null || file.header.digest !== digest) return null;
    const { header, arrays } = file;
    const rows = Int32Array.from(arrays.next(header.rows)), logits = arrays.next(header.logits);
    const loop = new Uint8Array(arrays.next(Math.ceil(header.loop / 4)).buffer, 0, header.loop);
    if (!arrays.whole) return null;
    const heldOut = header.epochs === 0 ? null : { rows, logits, epochs: header.epochs };
    return new LearnCheckpoint(digest, heldOut, header.loop === 0 ? null : loop);
  }
}
