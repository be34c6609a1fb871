import assert from "node:assert/strict";
import { createTerminal, percent, table } from "./terminal.ts";

/** A terminal that writes into `out` and `err`, at a time that the test sets. */
function sample(isTerminal: boolean) {
  const written = { out: "", err: "", nowMs: 0 };
  const terminal = createTerminal({
    isTerminal,
    columns: () => 80,
    out: (text) => written.out += text,
    err: (text) => written.err += text,
    nowMs: () => written.nowMs,
  });
  return { terminal, written };
}

Deno.test("progress() draws one bar on a terminal and takes it away before a line", () => {
  const { terminal, written } = sample(true);
  terminal.progress("train", 1, 2);
  assert.match(written.err, /█+░+ +50 % train/);
  terminal.print("done");
  assert.ok(written.err.endsWith("\r\x1b[K"));
  assert.equal(written.out, "done\n");
});

Deno.test("progress() writes plain lines elsewhere, not too many", () => {
  const { terminal, written } = sample(false);
  for (let i = 0; i < 100; i++) terminal.progress("train", i, 100);
  assert.equal(written.err, "");
  written.nowMs = 10_000;
  for (let i = 0; i < 100; i++) terminal.progress("train", i, 100);
  written.nowMs = 20_000;
  terminal.progress("train", 99, 100);
  assert.equal(written.err, "  train 0 %\n  train 99 %\n");
});

Deno.test("table() aligns columns, numbers right", () => {
  assert.equal(
    table(["code", "rows"], [["a", 5], ["bcd", 100]]),
    "code  rows\n----  ----\na        5\nbcd    100",
  );
});

Deno.test("percent() says nothing where there is no figure", () => {
  assert.deepEqual([percent(0.1234), percent(NaN), percent(null)], ["12.3 %", "-", "-"]);
});

Deno.test("work of unknown size shows no share", () => {
  let text = "", ms = 0;
  const terminal = createTerminal({
    isTerminal: false,
    columns: () => 80,
    out: () => {},
    err: (line) => text += line,
    nowMs: () => ms,
  });
  ms = 60_000;
  terminal.progress("2000 rows read", 2000, 0);
  assert.equal(text, "  2000 rows read\n");
});
