import assert from "node:assert/strict";
import fc from "fast-check";
import { isSampled, traceHeaders, traceOf, traceparentOf } from "./trace.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736", PARENT = "00f067aa0ba902b7";

Deno.test("traceOf() goes on with a trace under a span of its own", () => {
  const trace = traceOf(`00-${TRACE}-${PARENT}-01`, "a=1", () => "1".repeat(16))!;
  assert.equal(traceparentOf(trace), `00-${TRACE}-${"1".repeat(16)}-01`);
  assert.deepEqual([trace.parentId, isSampled(trace)], [PARENT, true]);
  assert.deepEqual(traceHeaders(trace), { traceparent: traceparentOf(trace), tracestate: "a=1" });
  assert.deepEqual(traceHeaders(null), {});
});

Deno.test("traceOf() takes what the recommendation calls valid, and begins nothing on its own", () => {
  assert.notEqual(traceOf(`cc-${TRACE}-${PARENT}-00-later`, undefined), null);
  const wrong = [
    undefined,
    "",
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-01-more`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}-1`,
  ];
  for (const header of wrong) assert.equal(traceOf(header, undefined), null, `${header}`);
  fc.assert(fc.property(fc.string(), (text) => traceOf(text, undefined) === null));
});
