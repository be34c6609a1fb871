import assert from "node:assert/strict";
import { RecentRequests } from "./recent.ts";

const request = (designation: string) => ({
  product: { designation, description: "", productid: "", imageid: "", picture: null },
  predicted: { code: "10", confidence: 1, digest: "" },
});

Deno.test("RecentRequests forgets the oldest first, by number", () => {
  const recent = new RecentRequests({ requests: 2, chars: 100, pictureBytes: 0 });
  for (const id of ["a", "b", "c"]) recent.add(id, request(id));
  assert.deepEqual(["a", "b", "c"].map((id) => recent.get(id)?.product.designation), [
    undefined,
    "b",
    "c",
  ]);
});

Deno.test("RecentRequests forgets by size too, and counts a request that is added again once", () => {
  const recent = new RecentRequests({ requests: 100, chars: 10, pictureBytes: 0 });
  for (let i = 0; i < 50; i++) recent.add("a", request("12345"));
  recent.add("b", request("12345"));
  assert.equal(recent.size, 2);
  recent.add("c", request("1"));
  assert.deepEqual([recent.get("a"), recent.size], [undefined, 2]);
  recent.add("large", request("x".repeat(11)));
  assert.equal(recent.size, 0);
});

Deno.test("RecentRequests forgets pictures before texts, and never more than it must", () => {
  const recent = new RecentRequests({ requests: 3, chars: 100, pictureBytes: 10 });
  const pictured = (id: string, bytes: number) => {
    const { product, predicted } = request(id);
    recent.add(id, { product: { ...product, picture: new Uint8Array(bytes) }, predicted });
  };
  const held = (id: string) => recent.get(id)?.product.picture?.length;
  pictured("a", 4);
  pictured("b", 4);
  assert.deepEqual([held("a"), held("b")], [4, 4]);
  pictured("c", 6);
  assert.deepEqual([held("a"), held("b"), held("c")], [undefined, 4, 6]);
  assert.equal(recent.get("a")?.product.designation, "a");
  pictured("d", 11);
  assert.deepEqual(["b", "c", "d"].map(held), [undefined, undefined, undefined]);
  pictured("e", 10);
  pictured("e", 3);
  pictured("f", 7);
  assert.deepEqual([held("e"), held("f")], [3, 7]);
});
