import assert from "node:assert/strict";
import type { ProductRow } from "../data/row.ts";
import { simulate, type SimulateOptions } from "./simulate.ts";

const rows: ProductRow[] = Array.from({ length: 20 }, (_, i) => ({
  id: String(i),
  designation: `produit ${i}`,
  description: "",
  code: i % 2 === 0 ? "10" : "20",
  productId: "",
  imageId: "",
  image: "",
  picture: "",
  origin: "raw",
}));

/** An edge that answers `10` to everything and keeps the feedback; every request whose number is in `broken` fails. */
function fakeEdge(broken: ReadonlySet<number> = new Set()) {
  const feedback: { requestId: string; code: string }[] = [];
  const pictures: string[] = [];
  let asked = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      if (request.url.endsWith("/v1/feedback")) {
        feedback.push(await request.json());
        return Response.json({ stored: true }, { status: 201 });
      }
      const image = (await request.formData()).get("image");
      if (image instanceof File) pictures.push(await image.text());
      if (broken.has(asked++)) return new Response("busy", { status: 503 });
      return Response.json({ requestId: `r${asked}`, code: "10" });
    },
  );
  return { url: `http://127.0.0.1:${server.addr.port}`, feedback, pictures, server };
}

const options = (url: string, changes: Partial<SimulateOptions> = {}): SimulateOptions => ({
  edges: [url],
  products: 20,
  wrongShare: 0,
  codes: ["10", "20"],
  seed: 1,
  signal: new AbortController().signal,
  ...changes,
});

Deno.test("simulate() asks every product once and tells its true code", async () => {
  const edge = fakeEdge();
  const result = await simulate(rows, options(edge.url));
  assert.deepEqual(
    [
      result.predictions,
      result.correct,
      result.feedback,
      result.stored,
      result.wrong,
      result.failed,
    ],
    [20, 10, 20, 20, 0, 0],
  );
  assert.equal(edge.feedback.filter((f) => f.code === "20").length, 10);
  await edge.server.shutdown();
});

Deno.test("simulate() lies as often as it is told to, and says how often", async () => {
  const edge = fakeEdge();
  const result = await simulate(rows, options(edge.url, { wrongShare: 1 }));
  assert.equal(result.wrong, 20);
  assert.equal(
    edge.feedback.filter((f) => f.code === "10").length,
    10,
    "every code is the other one",
  );
  await edge.server.shutdown();
});

Deno.test("simulate() counts a failed request and goes on", async () => {
  const edge = fakeEdge(new Set([3, 7]));
  const result = await simulate(rows, options(edge.url));
  assert.deepEqual([result.predictions, result.failed], [18, 2]);
  assert.match(result.errors[0]!, /answered 503/);
  await edge.server.shutdown();
});

Deno.test("simulate() refuses to begin without an edge", async () => {
  await assert.rejects(simulate(rows, options("", { edges: [] })), { code: "usage" });
});

Deno.test("simulate() shows the pictures that can be read, and products without one all the same", async () => {
  const edge = fakeEdge();
  const pictured = rows.map((row, i) => ({ ...row, picture: ["", "known", "lost"][i % 3]! }));
  const pictures = {
    read: (digest: string) =>
      Promise.resolve(digest === "known" ? new TextEncoder().encode("a picture") : null),
  };
  const result = await simulate(pictured, options(edge.url, { pictures }));
  assert.deepEqual([result.predictions, result.pictures, result.failed], [20, 7, 0]);
  assert.deepEqual(edge.pictures, Array(7).fill("a picture"));
  await edge.server.shutdown();
});
