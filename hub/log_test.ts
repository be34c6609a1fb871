import assert from "node:assert/strict";
import fc from "fast-check";
import { addToLogContext, createLog, inLogContext, type LogLevel, redact } from "./log.ts";

function collected(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog(level, (line) => lines.push(JSON.parse(line))) };
}

Deno.test("a level writes itself and what is more serious", () => {
  const levels = ["error", "warn", "info", "debug"] as const;
  for (const [i, level] of levels.entries()) {
    const { lines, log } = collected(level);
    for (const each of levels) log(each, "x");
    assert.deepEqual(lines.map((line) => line["level"]), levels.slice(0, i + 1));
  }
});

Deno.test("a line is one line of JSON, whatever it says", () => {
  fc.assert(fc.property(fc.string(), fc.jsonValue(), (message, value) => {
    const written: string[] = [];
    createLog("info", (line) => written.push(line))("info", message, { value });
    assert.equal(written.length, 1);
    assert.equal(written[0]!.indexOf("\n"), written[0]!.length - 1);
    JSON.parse(written[0]!);
  }));
});

Deno.test("lines say which request, job and run they belong to, also beside each other", async () => {
  const { lines, log } = collected("info");
  const work = async (job: string) => {
    await new Promise((done) => setTimeout(done, 1));
    log("info", "before the run");
    addToLogContext({ run: `run of ${job}` });
    await Promise.resolve();
    inLogContext({ stage: "train" }, () => log("info", "inside", { job: "its own" }));
    log("info", "after");
  };
  await Promise.all(["a", "b"].map((job) => inLogContext({ job }, () => work(job))));
  log("info", "outside");
  addToLogContext({ run: "nowhere" });
  const told = lines.map(({ message, job, run, stage }) => ({ message, job, run, stage }));
  for (const job of ["a", "b"]) {
    const run = `run of ${job}`;
    assert.deepEqual(told.filter((line) => line.job === job), [
      { message: "before the run", job, run: undefined, stage: undefined },
      { message: "after", job, run, stage: undefined },
    ]);
  }
  assert.equal(told.filter(({ job, stage }) => job === "its own" && stage === "train").length, 2);
  assert.deepEqual(told.at(-1), {
    message: "outside",
    job: undefined,
    run: undefined,
    stage: undefined,
  });
});

Deno.test("secrets are taken out, wherever they stand and however deep", () => {
  const base64url = fc.uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => bytes.toBase64({ alphabet: "base64url", omitPadding: true }));
  const uuid = () => crypto.randomUUID();
  fc.assert(fc.property(base64url, fc.constantFrom("admin", "operator", "edge"), (random, role) => {
    const secrets = {
      token: `aisle_${role}_${random}`,
      bearer: random,
      local: uuid() + uuid(),
      password: `p-${random}`,
    };
    const { lines, log } = collected("info");
    log("info", `got ${secrets.token}, "Authorization: Bearer ${secrets.bearer}"`, {
      deep: [{ error: `at http://ann:${secrets.password}@db.example/x with ${secrets.local}` }],
      databaseToken: random,
      headers: { authorization: secrets.password, cookie: secrets.password },
    });
    const text = JSON.stringify(lines);
    for (const secret of Object.values(secrets)) assert.ok(!text.includes(secret), text);
    assert.match(text, /db\.example/);
  }));
});

Deno.test("what is no secret stays", () => {
  fc.assert(fc.property(fc.uuid(), fc.webUrl(), (id, url) => {
    fc.pre(!/@/.test(url));
    const text = `job ${id} read ${"0f".repeat(32)} from ${url}`;
    assert.equal(redact(text), text);
  }));
});
