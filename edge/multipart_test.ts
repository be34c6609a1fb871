import assert from "node:assert/strict";
import fc from "fast-check";
import { type FormEntries, readMultipart } from "./multipart.ts";

/** What the platform's reader gives, or null where it refuses. */
async function platform(type: string, body: Uint8Array<ArrayBuffer>): Promise<FormEntries | null> {
  try {
    const form = await new Response(body, { headers: { "content-type": type } }).formData();
    return await Promise.all(
      [...form].map(async ([name, value]) =>
        typeof value === "string"
          ? [name, value] as const
          : [name, { name: value.name, bytes: await value.bytes() }] as const
      ),
    );
  } catch (error) {
    assert.ok(error instanceof TypeError, String(error));
    return null;
  }
}

const plain = (entries: FormEntries | null) =>
  entries?.map(([name, value]) =>
    typeof value === "string" ? [name, value] : [name, value.name, [...value.bytes]]
  );

async function written(form: FormData): Promise<{ type: string; body: Uint8Array<ArrayBuffer> }> {
  const request = new Request("http://edge/", { method: "POST", body: form });
  return { type: request.headers.get("content-type")!, body: await request.bytes() };
}

const text = fc.string({ unit: "binary", maxLength: 40 }).map((value) => value.toWellFormed());
const field = fc.record({
  name: fc.constantFrom("designation", "description", "image", "a b"),
  value: fc.oneof(text, fc.constantFrom("", "\r\n--x", "\ufeffx", "--", "\r\n\r\n")),
});
const file = fc.record({
  name: fc.constantFrom("image", "other"),
  file: fc.uint8Array({ maxLength: 300 }),
  called: fc.constantFrom("a.jpg", "", "a (1).png", "blob"),
});

Deno.test("readMultipart() reads what FormData writes as the platform reads it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(field, file), { minLength: 1, maxLength: 6 }),
      async (list) => {
        const form = new FormData();
        for (const entry of list) {
          if ("value" in entry) form.append(entry.name, entry.value);
          else form.append(entry.name, new File([new Uint8Array(entry.file)], entry.called));
        }
        const { type, body } = await written(form);
        const ours = readMultipart(type, body);
        assert.ok(ours !== null, "it is written in the usual way");
        assert.deepEqual(plain(ours), plain(await platform(type, body)));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("readMultipart() of damaged forms says what the platform says, or leaves them to it", async () => {
  const form = new FormData();
  form.set("designation", "a chair");
  form.set("image", new File([new Uint8Array([1, 13, 10, 45, 45, 2])], "a.jpg"));
  const { type, body } = await written(form);
  let read = 0;
  const damage = fc.array(
    fc.tuple(fc.nat(body.length - 1), fc.constantFrom(0, 10, 13, 34, 45, 58, 92, 120, 255)),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(body.length), fc.boolean(), async (changes, end, cut) => {
      const copy = body.slice(0, cut ? end : body.length);
      for (const [at, byte] of changes) if (at < copy.length) copy[at] = byte;
      const ours = readMultipart(type, copy);
      if (ours === null) return;
      read++;
      assert.deepEqual(plain(ours), plain(await platform(type, copy)));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(read > 50, `only ${read} were read`);
});

Deno.test("readMultipart() leaves other ways of writing to the platform", () => {
  const bytes = (value: string) => new TextEncoder().encode(value);
  const part = (head: string) => bytes(`--x\r\n${head}\r\n\r\nv\r\n--x--\r\n`);
  const named = 'content-disposition: form-data; name="a"';
  assert.deepEqual(readMultipart("multipart/form-data; boundary=x", part(named)), [["a", "v"]]);
  for (
    const [type, body] of [
      ['multipart/form-data; boundary="x"', part(named)],
      ["multipart/form-data; boundary=x; charset=latin1", part(named)],
      ["multipart/form-data; boundary=x", part('content-disposition: form-data; name="a%22"')],
      ["multipart/form-data; boundary=x", part(`${named}\r\ncontent-type: text/plain`)],
      ["multipart/form-data; boundary=x", part(`${named}\r\ncontent-transfer-encoding: base64`)],
      ["multipart/form-data; boundary=x", bytes(`preamble\r\n--x\r\n${named}\r\n\r\nv\r\n--x--`)],
      ["multipart/form-data; boundary=x", bytes("")],
    ] as const
  ) assert.equal(readMultipart(type, body), null);
});
