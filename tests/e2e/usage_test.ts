import assert from "node:assert/strict";
import { runTask, scratch, startHub } from "./processes.ts";
import { syntheticProducts, writeChallenge } from "./synthetic_catalogue.ts";

Deno.test("wrong usage exits 2 and says what was meant", async (t) => {
  await using folder = await scratch();
  const cases: [name: string, args: string[], message: RegExp][] = [
    ["unknown option", ["pipeline", "--xx", "a.csv"], /--xx.*Did you mean --x\?/],
    ["--x without --y", ["pipeline", "--x", "a.csv"], /--x needs --y/],
    ["both layouts", ["pipeline", "--x", "a.csv", "--y", "b.csv", "--csv", "c.csv"], /not both/],
    ["a table without its columns", ["ingest", "--csv", "c.csv"], /--csv needs --text/],
    [
      "pictures of a table that names none",
      ["ingest", "--csv", "c.csv", "--text", "t", "--label", "l", "--images", "pictures"],
      /--images needs --image COL/,
    ],
    [
      "a file that is not there",
      ["ingest", "--x", "no.csv", "--y", "no.csv"],
      /no\.csv: there is no such file/,
    ],
    ["no catalogue yet", ["models"], /there is none yet/],
    ["no raw files", ["pipeline"], /holds no x\.csv and y\.csv/],
    ["an unknown stage", ["pipeline", "--force", "trian"], /no stage trian\. Did you mean train\?/],
    ["a name that cannot be", ["pipeline", "Été!"], /Cannot use "Été!" as a catalogue's name/],
    ["a port that is none", ["hub", "--port", "99999"], /--port must be a port/],
  ];
  for (const [name, args, message] of cases) {
    await t.step(name, async () => {
      const { code, stderr } = await runTask(`${folder.path}/data`, args);
      assert.match(stderr, message);
      assert.equal(code, 2, stderr);
    });
  }
});

Deno.test("a taken port is told, with how to choose another", async () => {
  await using folder = await scratch();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String((taken.addr as Deno.NetAddr).port);
  const { code, stderr } = await runTask(`${folder.path}/data`, ["hub", "--port", port]);
  assert.equal(code, 2);
  assert.match(stderr, new RegExp(`port ${port} .*is taken.*--port or HUB_PORT`));
});

Deno.test("two hubs cannot have one data folder", async () => {
  await using folder = await scratch();
  await using hub = await startHub(`${folder.path}/data`);
  const { code, stderr } = await runTask(`${folder.path}/data`, ["hub", "--port", "0"]);
  assert.equal(code, 1);
  assert.ok(stderr.includes(hub.url), stderr);
});

Deno.test("files that teach nothing are refused and nothing is lost", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`;
  const products = syntheticProducts(60, 3);
  await writeChallenge(`${folder.path}/shop`, products);
  const good = [
    "--x",
    `${folder.path}/shop/x.csv`,
    "--y",
    `${folder.path}/shop/y.csv`,
    "--name",
    "shop",
  ];
  assert.equal((await runTask(dataDir, ["pipeline", ...good])).code, 0);
  await Deno.writeTextFile(
    `${folder.path}/shop/y1.csv`,
    ",prdtypecode\n" + products.map((_, i) => `${i},1000\n`).join(""),
  );
  const bad = [
    "--x",
    `${folder.path}/shop/x.csv`,
    "--y",
    `${folder.path}/shop/y1.csv`,
    "--name",
    "shop",
  ];
  const refused = await runTask(dataDir, ["pipeline", ...bad]);
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /one|1000/);
  const { code, stdout } = await runTask(dataDir, [
    "predict",
    "--x",
    `${folder.path}/shop/x.csv`,
    "--out",
    `${folder.path}/p.csv`,
  ]);
  assert.equal(code, 0, stdout);
  const lines = (await Deno.readTextFile(`${folder.path}/p.csv`)).trim().split("\n");
  assert.equal(lines.length, 61);
  assert.equal(
    lines[0],
    ",productid,prdtypecode,label,confidence,decision,code2,confidence2,code3,confidence3,route,picture",
  );
});
