import assert from "node:assert/strict";
import { sha256 } from "@aisle/shared/hash";
import { AppError } from "@aisle/shared/errors";
import { createTrialHost } from "./mod.ts";
import { TrialHost, type TrialHostDeps } from "./trial_host.ts";
import type { TrialBinaries, TrialScore, TrialWorker } from "./trial_port.ts";

const PRODUCT = { designation: "kettle", description: "", picture: null };
const DIGESTS = ["a", "b", "c", "d"].map((letter) => letter.repeat(64));

/** A host whose workers only write down what is asked of them. */
function fakeHost(
  score: (digest: string) => Promise<TrialScore>,
  deps: Partial<TrialHostDeps> = {},
) {
  const told: string[] = [];
  const start = (): TrialWorker => {
    told.push("start");
    return {
      begin: () => Promise.resolve(),
      open: (digest) => Promise.resolve(void told.push(`open ${digest[0]}`)),
      score: (digest) => {
        told.push(`score ${digest[0]}`);
        return score(digest);
      },
      close: () => void told.push("close"),
    };
  };
  const host = new TrialHost({
    start,
    binaries: () => Promise.resolve({} as TrialBinaries),
    bundle: () => Promise.resolve(new Uint8Array()),
    ...deps,
  });
  return { host, told };
}
const answered = () => Promise.resolve({} as TrialScore);

Deno.test("TrialHost starts with the first product, opens each bundle once and starts anew rather than hold many", async () => {
  const { host, told } = fakeHost(answered);
  assert.equal(host.running, false);
  await host.score(DIGESTS[0]!, PRODUCT);
  await host.score(DIGESTS[0]!, PRODUCT);
  await host.score(DIGESTS[1]!, PRODUCT);
  assert.deepEqual(told, ["start", "open a", "score a", "score a", "open b", "score b"]);
  await host.score(DIGESTS[2]!, PRODUCT);
  await host.score(DIGESTS[3]!, PRODUCT);
  assert.deepEqual(told.slice(8), ["close", "start", "open d", "score d"]);
  host[Symbol.dispose]();
  assert.equal(host.running, false);
});

Deno.test("TrialHost ends its worker when nobody asks, and starts another when somebody does", async () => {
  const { host, told } = fakeHost(answered, { idleMs: 1 });
  await host.score(DIGESTS[0]!, PRODUCT);
  while (host.running) await new Promise((resolve) => setTimeout(resolve, 1));
  await host.score(DIGESTS[0]!, PRODUCT);
  assert.deepEqual(told.filter((line) => line === "start").length, 2);
  host[Symbol.dispose]();
});

Deno.test("TrialHost ends a worker that fails and keeps one that refuses", async () => {
  const errors: Error[] = [
    new AppError("picture-invalid", "no picture"),
    new Error("a kernel is missing"),
  ];
  const { host, told } = fakeHost(() => {
    const error = errors.shift();
    return error === undefined ? answered() : Promise.reject(error);
  });
  await assert.rejects(host.score(DIGESTS[0]!, PRODUCT), /no picture/);
  assert.ok(host.running);
  await assert.rejects(host.score(DIGESTS[0]!, PRODUCT), /kernel/);
  assert.equal(host.running, false);
  await host.score(DIGESTS[0]!, PRODUCT);
  assert.deepEqual(told, [
    ...["start", "open a", "score a", "score a"],
    ...["close", "start", "open a", "score a"],
  ]);
  host[Symbol.dispose]();
});

Deno.test("TrialHost lets a few wait and refuses more", async () => {
  const gate = Promise.withResolvers<TrialScore>();
  const { host } = fakeHost(() => gate.promise);
  const asked = Array.from({ length: 9 }, () => host.score(DIGESTS[0]!, PRODUCT));
  await assert.rejects(asked[8]!, /at most 8 may wait/);
  gate.resolve({} as TrialScore);
  assert.equal((await Promise.all(asked.slice(0, 8))).length, 8);
  host[Symbol.dispose]();
});

Deno.test("a product is scored by the bundle's own bytes in a worker without permissions, and says why", async () => {
  const bytes = await Deno.readFile(
    new URL("../../tests/golden/tiny_int8.bundle", import.meta.url),
  );
  const digest = sha256(bytes);
  using host = createTrialHost(() => Promise.resolve(bytes));
  const { scored, classes, texts } = await host.score(digest, {
    designation: "Red KETTLE",
    description: "",
    picture: null,
  });
  assert.ok(classes.length > 1);
  assert.ok(scored.confidence > 0 && scored.confidence <= 1);
  assert.equal(scored.top[0]!.confidence, scored.confidence);
  assert.equal(texts.designation, "red kettle");
  assert.ok(scored.why !== undefined);
  const other = createTrialHost(() => Promise.resolve(bytes));
  await assert.rejects(other.score("0".repeat(64), PRODUCT), { code: "bundle-invalid" });
  other[Symbol.dispose]();
});
