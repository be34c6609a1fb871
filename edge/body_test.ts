import assert from "node:assert/strict";
import { BodyBudget } from "./body_budget.ts";
import { readBody } from "./body.ts";

const LIMITS = {
  maxBytes: 100,
  maxMultipartBytes: 1_000,
  budget: new BodyBudget({ maxBytes: 10_000, timeoutMs: 10_000 }),
};

function request(body: BodyInit, type?: string, length?: number): Request {
  const headers = new Headers(type === undefined ? {} : { "content-type": type });
  if (length !== undefined) headers.set("content-length", String(length));
  const made = new Request("http://edge/", { method: "POST", body, headers });
  if (type === "") made.headers.delete("content-type");
  return made;
}
const read = (...args: Parameters<typeof request>) => readBody(request(...args), LIMITS);

Deno.test("readBody() reads JSON, URL-encoded and multipart bodies alike", async () => {
  const form = new FormData();
  form.set("designation", "été");
  form.set("description", "");
  const given = new URLSearchParams({ designation: "été", description: "" });
  for (
    const { value } of [
      await read('{"designation":"été"}', "application/json; charset=utf-8"),
      await read(given.toString(), "application/x-www-form-urlencoded"),
      await read(form),
    ]
  ) assert.deepEqual({ ...value as object }, { designation: "été" });
});

Deno.test("readBody() takes one picture; a nameless empty file is none", async () => {
  const form = new FormData();
  form.set("designation", "x");
  assert.equal((await read(form)).picture, null);
  form.set("image", new File([], ""));
  assert.equal((await read(form)).picture, null);
  form.set("image", new File([], "a.jpg"));
  assert.equal((await read(form)).picture?.length, 0);
  form.set("image", new File([new Uint8Array(200).fill(7)], "a.jpg"));
  assert.deepEqual((await read(form)).picture, new Uint8Array(200).fill(7));
  const twice = new FormData();
  for (const name of ["a", "b"]) twice.append("image", new File(["x"], name));
  await assert.rejects(read(twice), { code: "input-invalid", message: /twice/ });
  form.set("document", new File(["x"], "a.pdf"));
  await assert.rejects(read(form), { code: "input-invalid", message: /document/ });
});

const WRONG: [string, string, Parameters<typeof request>][] = [
  ["no content type", "unsupported-media-type", ["x", ""]],
  ["another content type", "unsupported-media-type", ["x", "text/csv"]],
  ["an empty body", "input-invalid", ["", "application/json"]],
  ["broken JSON", "input-invalid", ["{", "application/json"]],
  ["Latin-1", "input-invalid", [new Uint8Array([0x22, 0xe9, 0x22]), "application/json"]],
  ["a field twice", "input-invalid", ["a=1&a=2", "application/x-www-form-urlencoded"]],
  ["a broken form", "input-invalid", ["--x", "multipart/form-data; boundary=x"]],
  ["a form without boundary", "input-invalid", ["x", "multipart/form-data"]],
  ["too much JSON", "too-large", [`"${"x".repeat(200)}"`, "application/json"]],
  ["too much by its own word", "too-large", ["1", "application/json", 101]],
  ["more than its own word", "too-large", [`"${"x".repeat(200)}"`, "application/json", 5]],
  ["too large a form", "too-large", ["x".repeat(2_000), "multipart/form-data; boundary=x"]],
];
for (const [what, code, args] of WRONG) {
  Deno.test(`readBody() refuses ${what} as ${code}`, () => assert.rejects(read(...args), { code }));
}

Deno.test("readBody() stops reading an endless body", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(50));
    },
  });
  await assert.rejects(read(endless, "application/json"), { code: "too-large" });
  assert.ok(pulled < 10);
});

Deno.test("readBody() is not fooled by fields named like an object's own", async () => {
  const { value } = await read("__proto__=x&constructor=y", "application/x-www-form-urlencoded");
  assert.deepEqual(Object.keys(value as object), ["__proto__", "constructor"]);
});
