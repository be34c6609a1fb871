import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { AppError } from "@aisle/shared/errors";
import { openPictureFiles } from "./picture_files.ts";
import { type ZipFile, type ZipForm, zipOf } from "./testing/write_zip.ts";

const text = (value: string) => new TextEncoder().encode(value);
const picture = (path: string, more: Partial<ZipFile> = {}): ZipFile => ({
  path,
  bytes: text(`${path} `.repeat(50)),
  ...more,
});

/** Paths, and what reading each gave: its text, or the problem. */
async function readAll(path: string): Promise<Record<string, string>> {
  using files = await openPictureFiles(path);
  const found: Record<string, string> = {};
  for (const file of files) {
    const read = await file.read();
    found[file.path] = "problem" in read ? read.problem : new TextDecoder().decode(read.bytes);
  }
  assert.equal(Object.keys(found).length, files.count);
  return found;
}

async function inZip(bytes: Uint8Array): Promise<Record<string, string>> {
  const file = await Deno.makeTempFile({ suffix: ".zip" });
  try {
    await Deno.writeFile(file, bytes);
    return await readAll(file);
  } finally {
    await Deno.remove(file);
  }
}

const refuses = (bytes: Uint8Array, words: RegExp) =>
  assert.rejects(
    inZip(bytes),
    (error: AppError) => error.code === "usage" && words.test(error.message),
  );

const FORMS: [string, ZipForm][] = [
  ["a zip", {}],
  ["a zip64", { zip64: true }],
  ["a zip with a comment", { comment: "PK\u0005\u0006 is no end here: ".repeat(20) }],
];
for (const [name, form] of FORMS) {
  Deno.test(`openPictureFiles() reads pictures from ${name}, sorted, and nothing else`, async () => {
    const files = [
      picture("b/é.PNG", { deflated: true }),
      picture("a.jpg"),
      picture("../../etc/c.webp", { deflated: true }),
      picture("readme.txt"),
      picture("__MACOSX/b/._é.PNG"),
      picture("folder.jpg/"),
    ];
    assert.deepEqual(await inZip(zipOf(files, form)), {
      "../../etc/c.webp": "../../etc/c.webp ".repeat(50),
      "a.jpg": "a.jpg ".repeat(50),
      "b/é.PNG": "b/é.PNG ".repeat(50),
    });
  });
}

Deno.test("openPictureFiles() tells what it cannot read of a zip, file by file", async () => {
  const large = 30 << 20;
  const found = await inZip(zipOf([
    picture("a.jpg"),
    picture("bomb.jpg", { deflated: true, bytes: new Uint8Array(1 << 20), lies: { sizeBytes: 9 } }),
    picture("crc.jpg", { lies: { crc: 1 } }),
    picture("large.jpg", { deflated: true, lies: { sizeBytes: large } }),
    picture("locked.jpg", { encrypted: true }),
    picture("method.jpg", { lies: { method: 12 } }),
  ]));
  assert.match(found["a.jpg"]!, /^a.jpg/);
  assert.match(found["bomb.jpg"]!, /damaged \(.*larger/);
  assert.match(found["crc.jpg"]!, /check sum/);
  assert.match(found["large.jpg"]!, /more than 16777216 bytes/);
  assert.match(found["locked.jpg"]!, /encrypted/);
  assert.match(found["method.jpg"]!, /method 12/);
});

Deno.test("openPictureFiles() refuses what is no whole zip", async () => {
  const whole = zipOf([picture("a.jpg"), picture("b.jpg")]);
  await refuses(text("no zip at all"), /it is not a zip/);
  await refuses(new Uint8Array(), /it is not a zip/);
  await refuses(whole.subarray(0, whole.length - 30), /it is not a zip, or cut short/);
  await refuses(whole.subarray(40), /directory is damaged|cut short|behind/);
  const damaged = whole.slice();
  damaged[whole.length - 22 - 20] = 0xff;
  damaged[whole.length - 22 - 51] = 0;
  await refuses(damaged, /damaged/);
});

Deno.test("openPictureFiles() refuses a zip whose entries lie over each other", async () => {
  const one = picture("a.jpg", { bytes: new Uint8Array(5000) });
  const [local, data, ...rest] = zipPiecesOf(one, 20);
  await refuses(join([local!, data!, ...rest]), /lie over each other/);
});

/** A zip of one file whose directory names it `times` times. */
function zipPiecesOf(file: ZipFile, times: number): Uint8Array[] {
  const whole = zipOf([file]);
  const end = whole.subarray(-22).slice(), view = new DataView(end.buffer);
  const [length, start] = [view.getUint32(12, true), view.getUint32(16, true)];
  view.setUint16(10, times, true);
  view.setUint32(12, length * times, true);
  const entry = whole.subarray(start, start + length);
  return [whole.subarray(0, start), new Uint8Array(), ...Array(times).fill(entry), end];
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

Deno.test("openPictureFiles() reads a folder and the folders in it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/b/c`, { recursive: true });
    await Deno.writeTextFile(`${folder}/b/c/x.jpeg`, "x");
    await Deno.writeTextFile(`${folder}/a.gif`, "gif");
    await Deno.writeTextFile(`${folder}/notes.csv`, "");
    await Deno.truncate(`${folder}/a.gif`, 17 << 20);
    const found = await readAll(folder);
    assert.deepEqual(found["b/c/x.jpeg"], "x");
    assert.match(found["a.gif"]!, /more than/);
    assert.deepEqual(Object.keys(found), ["a.gif", "b/c/x.jpeg"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  await assert.rejects(openPictureFiles(folder), /there is no such folder or zip/);
});

const python = new Deno.Command("python3", { args: ["-c", ""] });
const hasPython = await python.output().then(({ success }) => success, () => false);

Deno.test({
  name: `openPictureFiles() reads what another program zipped${hasPython ? "" : " [no python3]"}`,
  ignore: !hasPython,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/a.jpg`, "a".repeat(5000));
      await Deno.writeTextFile(`${folder}/b.png`, "b");
      const make = 'import shutil,sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])';
      execFileSync("python3", ["-c", make, `${folder}/z`, folder]);
      const found = await readAll(`${folder}/z.zip`);
      assert.deepEqual([found["a.jpg"]!.length, found["b.png"]], [5000, "b"]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("openPictureFiles() tells links that lead nowhere, and reads the rest", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.jpg`, "a");
    // Deno's own symlink() asks for the right to read and write everywhere.
    execFileSync("ln", ["-s", "nowhere.jpg", `${folder}/gone.jpg`]);
    execFileSync("ln", ["-s", "loop.jpg", `${folder}/loop.jpg`]);
    const { "loop.jpg": loop, ...rest } = await readAll(folder);
    assert.deepEqual(rest, { "a.jpg": "a", "gone.jpg": "it is gone" });
    assert.match(String(loop), /leads to itself/);
    using files = await openPictureFiles(folder);
    assert.deepEqual([...files].map(({ sizeBytes }) => sizeBytes), [1, 0, 0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
