/**
 * Products as a stream of JSON lines, answered line by line in their order, however many there are.
 *
 * Memory is bounded: no more is read than is being answered, and no more is answered than is taken; a line that is too
 * long is read over. A full queue is waited for, so that streams give way to single requests.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { parseJson } from "./body.ts";
import { type Entry, type EntryAnswer, predictEntries } from "./entries.ts";
import type { PictureDoor } from "./pictures.ts";
import type { Predicting } from "./predicting.ts";
import { batchEntryOf } from "./requests.ts";

/** What {@linkcode answerLines} needs. */
export interface StreamDeps {
  readonly predict: Predicting;
  readonly door: PictureDoor;
  readonly maxLineBytes: number;
  /** So many lines are about to be answered; resolves when they may be. */
  readonly spend: (lines: number) => Promise<void>;
  /** Takes what was answered, for counting. */
  readonly tell: (answers: readonly EntryAnswer[]) => void;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Lines answered together: what one run of a model takes. */
const GROUP_LINES = 32;
/** Bytes of lines answered together; pictures are large. */
const GROUP_BYTES = 4 << 20;
/** Wait before a full queue is tried again. */
const FULL_WAIT_MS = 25;
/** A sender that is silent for so long is given up. */
const IDLE_MS = 60_000;
const NEWLINE = 10;

/** A line's bytes; null for one that was too long, an error where the rest does not come. */
type Line = Uint8Array<ArrayBuffer> | AppError | null;

/** One answer a line of `body`, as JSON lines; blank lines are none. */
export async function* answerLines(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  deps: StreamDeps,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  for await (const group of groupsOf(body, deps)) {
    const entries = group.map((line) => entryOf(line, deps));
    await deps.spend(entries.length);
    const answers = await answered(entries, deps);
    deps.tell(answers);
    yield encoder.encode(answers.map((answer) => `${JSON.stringify(answer)}\n`).join(""));
  }
}

/** Answers to `entries`; where the model cannot be asked, that is the answer to each. */
async function answered(entries: readonly Entry[], deps: StreamDeps): Promise<EntryAnswer[]> {
  for (;;) {
    try {
      return (await predictEntries(deps.predict, entries)).predictions;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.code !== "overloaded") {
        const refused = { error: { code: error.code, detail: messageOf(error) } };
        return entries.map((entry) => "error" in entry ? entry : refused);
      }
    }
    await deps.sleep(FULL_WAIT_MS);
  }
}

function entryOf(line: Line, { door, maxLineBytes }: StreamDeps): Entry {
  if (line === null) {
    return {
      error: {
        code: "too-large",
        detail: `Cannot take the line: at most ${maxLineBytes} bytes are taken`,
      },
    };
  }
  if (line instanceof AppError) return { error: { code: line.code, detail: line.message } };
  try {
    return batchEntryOf(parseJson(line), door);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { error: { code: error.code, detail: error.message } };
  }
}

function broken(error: unknown): AppError {
  return new AppError(
    "input-invalid",
    `Cannot read the lines: the body broke off: ${messageOf(error)}`,
  );
}

function silent(): AppError {
  return new AppError("timed-out", `Cannot read the lines: none came for ${IDLE_MS} ms`);
}

/** Lines as they come: those that are there go together, up to a run's worth. */
async function* groupsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  deps: StreamDeps,
): AsyncGenerator<Line[]> {
  let group: Line[] = [], bytes = 0;
  for await (const lines of linesOf(body, deps)) {
    for (const line of lines) {
      group.push(line);
      bytes += line instanceof Uint8Array ? line.length : 0;
      if (group.length < GROUP_LINES && bytes < GROUP_BYTES) continue;
      yield group;
      [group, bytes] = [[], 0];
    }
    // The sender may wait for these before it sends more
    if (group.length > 0) yield group;
    [group, bytes] = [[], 0];
  }
}

/** The lines that each piece of `body` completes; a sender that falls silent or breaks off is told so in the last. */
async function* linesOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { maxLineBytes, sleep }: StreamDeps,
): AsyncGenerator<Line[]> {
  const reader = body.getReader();
  let begun: Uint8Array<ArrayBuffer>[] = [], length = 0;
  const ended = (last: Uint8Array<ArrayBuffer>): Line[] => {
    const whole = length + last.length, pieces = begun;
    [begun, length] = [[], 0];
    if (whole > maxLineBytes) return [null];
    const line = new Uint8Array(whole);
    let at = 0;
    for (const piece of [...pieces, last]) {
      line.set(piece, at);
      at += piece.length;
    }
    return line.some((byte) => byte > 32) ? [line] : [];
  };
  try {
    for (;;) {
      const timer = new AbortController();
      const read = await Promise.race([
        reader.read().catch((error) => broken(error)),
        sleep(IDLE_MS, timer.signal).then(() => silent()),
      ]);
      timer.abort();
      if (read instanceof AppError) return yield [read];
      const piece = read.value;
      if (piece === undefined) break;
      const lines: Line[] = [];
      let start = 0;
      for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
        lines.push(...ended(piece.subarray(start, end)));
        start = end + 1;
      }
      length += piece.length - start;
      if (length <= maxLineBytes) begun.push(piece.slice(start));
      else begun = [];
      if (lines.length > 0) yield lines;
    }
    const last = ended(new Uint8Array(0));
    if (last.length > 0) yield last;
  } finally {
    // Of a body that has broken there is nothing left to give up.
    await reader.cancel().catch(() => undefined);
  }
}
