/**
 * HTTP/1.1 over a plain socket that is kept open: sends any bytes, well-formed or not, and reads what comes back.
 *
 * `fetch` would mend or refuse what is to be sent.
 *
 * @module
 */

/** What came back; `closed` where the server ended the connection instead, `timeout` where nothing came. */
export interface Reply {
  readonly status: number | "closed" | "timeout";
  readonly type: string;
  readonly body: string;
}

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** One connection to `port` of loopback, opened again whenever it has ended. */
export class Wire implements Disposable {
  #conn: Deno.TcpConn | null = null;
  #left = new Uint8Array(0);
  /** Connections opened. */
  opened = 0;
  readonly #port: number;
  readonly #timeoutMs: number;

  constructor(port: number, timeoutMs = 20_000) {
    this.#port = port;
    this.#timeoutMs = timeoutMs;
  }

  [Symbol.dispose](): void {
    this.#conn?.close();
    this.#conn = null;
    this.#left = new Uint8Array(0);
  }

  /** Sends `bytes` as they are and reads one answer. */
  async send(bytes: Uint8Array): Promise<Reply> {
    if (this.#conn === null) {
      this.#conn = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.opened++;
    }
    const conn = this.#conn;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this[Symbol.dispose]();
    }, this.#timeoutMs);
    try {
      // An answer may come before everything is sent, and end the connection
      const writing = writeAll(conn, bytes).catch(() => {});
      const reply = await this.#read(conn);
      await Promise.race([writing, new Promise((done) => setTimeout(done, 200))]);
      if (/^connection: *close/mi.test(reply.head)) this[Symbol.dispose]();
      return reply;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this[Symbol.dispose]();
      return { status: late ? "timeout" : "closed", type: "", body: "" };
    } finally {
      clearTimeout(timer);
    }
  }

  async #read(conn: Deno.TcpConn): Promise<Reply & { readonly head: string }> {
    let text = latin1.decode(this.#left);
    let end: number;
    while ((end = text.indexOf("\r\n\r\n")) < 0) text += await this.#more(conn);
    const head = text.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    if (!(status >= 100)) throw new Error(`no answer of HTTP: ${head.slice(0, 80)}`);
    let body = text.slice(end + 4);
    const length = /^content-length: *(\d+)/mi.exec(head)?.[1];
    if (/^transfer-encoding: *chunked/mi.test(head)) {
      while (!body.endsWith("0\r\n\r\n")) body += await this.#more(conn);
    } else while (body.length < Number(length ?? 0)) body += await this.#more(conn);
    this.#left = encoder.encode("");
    const type = /^content-type: *([^;\r\n]*)/mi.exec(head)?.[1] ?? "";
    return { status, type, body, head };
  }

  async #more(conn: Deno.TcpConn): Promise<string> {
    const piece = new Uint8Array(16_384);
    const count = await conn.read(piece);
    if (count === null) throw new Error("the connection ended");
    return latin1.decode(piece.subarray(0, count));
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** A whole request. */
export function requestBytes(
  line: string,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const given = Object.entries({ host: "edge", "content-length": String(body.length), ...headers });
  const head = given.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return joined(encoder.encode(`${line}\r\n${head}\r\n`), body);
}

/** `parts`, one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
