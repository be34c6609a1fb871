import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import type { Predicting } from "./predicting.ts";
import { answerLines, type StreamDeps } from "./stream.ts";

const LINE = `{"designation":"a chair"}\n`;

/** Answers every product alike. */
const predict: Predicting = (products) =>
  Promise.resolve({
    outcomes: products.map(() => ({ prediction: { code: "10" } }) as never),
    totalMs: 0,
    took: null,
  });
const depsOf = (change: Partial<StreamDeps> = {}): StreamDeps => ({
  predict,
  door: { maxBytes: 100, check: () => {} },
  maxLineBytes: 1_000,
  spend: () => Promise.resolve(),
  tell: () => {},
  sleep: () => new Promise(() => {}),
  ...change,
});
const bodyOf = (...pieces: string[]) =>
  ReadableStream.from(pieces.map((piece) => new TextEncoder().encode(piece)));
async function linesOf(answers: AsyncIterable<Uint8Array>): Promise<string[]> {
  const text = new TextDecoder();
  const all = (await Array.fromAsync(answers, (bytes) => text.decode(bytes))).join("");
  return all.trimEnd().split("\n");
}

Deno.test("answerLines() reads no more than is taken: a sender ahead of its reader has to wait", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      pulled++;
      controller.enqueue(new TextEncoder().encode(LINE.repeat(64)));
    },
  });
  const answers = answerLines(endless, depsOf());
  await answers.next();
  await new Promise((done) => setTimeout(done, 0));
  assert.ok(pulled <= 3, `${pulled} pieces were read for one answer`);
  await answers.return(undefined);
});

Deno.test("answerLines() waits for a full queue, and tells every line why no model can be asked", async () => {
  let full = 3;
  const waits: number[] = [];
  const busy: Predicting = (products) => {
    if (full-- > 0) throw new AppError("overloaded", "full");
    return predict(products);
  };
  const sleep = (ms: number, signal?: AbortSignal) => {
    if (signal !== undefined) return new Promise<void>(() => {});
    waits.push(ms);
    return Promise.resolve();
  };
  assert.deepEqual(await linesOf(answerLines(bodyOf(LINE), depsOf({ predict: busy, sleep }))), [
    `{"code":"10"}`,
  ]);
  assert.equal(waits.length, 3);
  const none: Predicting = () => Promise.reject(new AppError("no-release", "none"));
  const told = await linesOf(answerLines(bodyOf(LINE, LINE), depsOf({ predict: none })));
  assert.deepEqual(told, Array(2).fill(`{"error":{"code":"no-release","detail":"none"}}`));
});

Deno.test("answerLines() tells a sender that fell silent or broke off, after what it sent", async () => {
  const silent = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(LINE)),
  });
  let races = 0;
  const sleep = () => ++races > 1 ? Promise.resolve() : new Promise<void>(() => {});
  const [first, last] = await linesOf(answerLines(silent, depsOf({ sleep })));
  assert.equal(first, `{"code":"10"}`);
  assert.match(last!, /timed-out/);
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("gone")),
  });
  assert.match((await linesOf(answerLines(broken, depsOf())))[0]!, /broke off/);
});
