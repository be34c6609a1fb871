/**
 * Writes protobuf messages: the wire types that ONNX needs, in the order of the calls.
 *
 * @module
 */

const utf8 = new TextEncoder();

/** A protobuf message under construction. */
export class Message {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** An integer field; negative ones as the ten bytes of their two's complement. */
  int(field: number, value: number | bigint): Message {
    return this.#varint(field * 8).#varint(value);
  }

  /** A float field, rounded to 32 bits. */
  float(field: number, value: number): Message {
    this.#varint(field * 8 + 5).#room(4);
    new DataView(this.#bytes.buffer).setFloat32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  /** A length-delimited field. */
  bytes(field: number, value: Uint8Array): Message {
    this.#varint(field * 8 + 2).#varint(value.length).#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  text(field: number, value: string): Message {
    return this.bytes(field, utf8.encode(value));
  }

  message(field: number, value: Message): Message {
    return this.bytes(field, value.done());
  }

  /** The bytes so far; valid until the next write. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #varint(value: number | bigint): Message {
    this.#room(10);
    if (typeof value === "bigint" || value < 0) return this.#wide(BigInt(value));
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(
        `Cannot write a varint: it must be an integer: current value is ${value}`,
      );
    }
    while (value > 127) {
      this.#bytes[this.#length++] = value % 128 | 128;
      value = Math.floor(value / 128);
    }
    this.#bytes[this.#length++] = value;
    return this;
  }

  #wide(value: bigint): Message {
    let rest = BigInt.asUintN(64, value);
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 127n) | 128;
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
