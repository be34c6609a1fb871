import assert from "node:assert/strict";
import { RecentRequests } from "./recent.ts";

const request = (designation: string) => ({
  product: { designation, description: "", productid: "", imageid: "" },
  predicted: { code: "10", confidence: 1, digest: "" },
});

Deno.test("RecentRequests forgets the oldest first, by number", () => {
  const recent = new RecentRequests({ requests: 2, chars: 100 });
  for (const id of ["a", "b", "c"]) recent.add(id, request(id));
  assert.deepEqual(["a", "b", "c"].map((id) => recent.get(id)?.product.designation), [
    undefined,
    "b",
    "c",
  ]);
});

Deno.test("RecentRequests forgets by size too, and counts a request that is added again once", () => {
  const recent = new RecentRequests({ requests: 100, chars: 10 });
  for (let i = 0; i < 50; i++) recent.add("a", request("12345"));
  recent.add("b", request("12345"));
  assert.equal(recent.size, 2);
  recent.add("c", request("1"));
  assert.deepEqual([recent.get("a"), recent.size], [undefined, 2]);
  recent.add("large", request("x".repeat(11)));
  assert.equal(recent.size, 0);
});
