/**
 * Server-sent events, read as they come (WHATWG HTML, section 9.2).
 *
 * @module
 */

/** One event; `id` is the last one that the stream has named. */
export interface ServerEvent {
  readonly id: string;
  readonly data: string;
}

/** The events of `body`, until it ends. */
export async function* readEvents(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<ServerEvent> {
  let rest = "", id = "", data: string[] = [];
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { id, data: data.join("\n") };
        data = [];
        continue;
      }
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
      if (field === "data") data.push(value!);
      else if (field === "id") id = value!;
    }
  }
}
