import assert from "node:assert/strict";
import { readNames } from "./label_names.ts";

async function namesOf(text: string) {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, text);
    return await readNames(file);
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("readNames() reads CSV and JSON, codes byte for byte", async () => {
  const expected = [{ code: "0060", name: "Jeux, consoles" }, { code: "a b", name: "Été" }];
  assert.deepEqual(await namesOf('\ufeffcode,name\n0060,"Jeux, consoles"\na b,Été\n'), expected);
  assert.deepEqual(await namesOf('{"0060": "Jeux, consoles", "a b": "Été"}'), expected);
});

Deno.test("readNames() says what is wrong with a file", async () => {
  await assert.rejects(
    namesOf("id,label\n1,x\n"),
    /needs the columns code and name, it has id, label/,
  );
  await assert.rejects(namesOf('{"10": 5}'), /code "10" needs a name: current value is 5/);
  await assert.rejects(namesOf('{"10": '), /Cannot read/);
  await assert.rejects(readNames("/no/such/file"), /there is no such file/);
});
