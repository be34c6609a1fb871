import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { ReleaseDocument, type SignedRelease } from "@aisle/shared/contract";
import type { ReleaseAnswer } from "./hub_client.ts";
import { type Keep, memoryKeep } from "./keep.ts";
import { noLog } from "./log.ts";
import { createQuarantine } from "./quarantine.ts";
import { createReleases } from "./releases.ts";
import { releaseOf } from "./testing/fake_hub.ts";
import { FakeClock } from "./testing/waits.ts";

const BYTES = new Uint8Array([1, 2, 3]), OTHER = new Uint8Array([4, 5]);

/** A follower without network: signatures are taken as good. */
function setUp(keep: Keep = memoryKeep()) {
  const log: string[] = [];
  const problems: string[] = [];
  const hub = {
    bytes: new Map<string, Uint8Array<ArrayBuffer>>(),
    answer: { kind: "none" } as ReleaseAnswer,
    fails: null as AppError | null,
  };
  const target = { fails: null as AppError | null };
  const clock = new FakeClock();
  const quarantine = createQuarantine({ keep, now: clock.now, random: clock.random });
  const releases = createReleases({
    client: {
      release: (etag) => {
        log.push(`ask ${etag}`);
        if (hub.fails !== null) return Promise.reject(hub.fails);
        const { answer } = hub;
        const same = answer.kind === "release" && answer.etag === etag;
        return Promise.resolve(same ? { kind: "unchanged" } : answer);
      },
      bundle: (digest) => {
        log.push(`fetch ${digest.slice(0, 4)}`);
        return Promise.resolve(hub.bytes.get(digest)!);
      },
    },
    keep,
    target: {
      swap: (_bytes, release) => {
        log.push(`swap ${release.sequence}`);
        return target.fails === null ? Promise.resolve() : Promise.reject(target.fails);
      },
      relabel: (release) => log.push(`relabel ${release.sequence}`),
    },
    verify: (signed) => Promise.resolve(ReleaseDocument.parse(JSON.parse(signed.payload))),
    catalogue: "demo",
    edgeId: "edge-1",
    quarantine,
    maxBundleBytes: 1_000,
    pollMs: 1_000,
    clock,
    log: noLog,
    onProblem: (code) => problems.push(code),
  });
  const offer = (bytes: Uint8Array<ArrayBuffer>, sequence: number, edgeId?: string) => {
    const document = releaseOf(bytes, {
      sequence,
      ...(edgeId === undefined
        ? {}
        : { format: "aisle-release/2", audience: { kind: "edge", edgeId } }),
    });
    hub.bytes.set(document.digest, bytes);
    const signed: SignedRelease = { payload: JSON.stringify(document), keyId: "k", signature: "" };
    hub.answer = { kind: "release", signed, etag: `"${sequence}"` };
    return document.digest.slice(0, 4);
  };
  const since = () => log.splice(0);
  return { releases, quarantine, offer, hub, target, clock, problems, since };
}

Deno.test("poll() asks with the etag of what serves, and only of that", async () => {
  const { releases, offer, since, target } = setUp();
  const digest = offer(BYTES, 1);
  assert.equal(await releases.poll(), "swapped");
  assert.equal(await releases.poll(), "unchanged");
  assert.deepEqual(since(), ["ask null", `fetch ${digest}`, "swap 1", 'ask "1"']);
  offer(OTHER, 2);
  target.fails = new AppError("bundle-invalid", "bad");
  assert.equal(await releases.poll(), "refused");
  // A refused release must not be taken for "unchanged".
  await releases.poll();
  assert.deepEqual(since().filter((line) => line.startsWith("ask")), ['ask "1"', 'ask "1"']);
});

Deno.test("poll() tries a refused release again, ever less often, and at once when it is another", async () => {
  const { releases, offer, since, target, clock } = setUp();
  offer(BYTES, 1);
  target.fails = new AppError("bundle-invalid", "bad");
  const tries: number[] = [];
  for (let second = 0; second < 120; second++) {
    await releases.poll();
    if (since().includes("swap 1")) tries.push(second);
    await clock.advance(1_000);
  }
  assert.ok(tries.length >= 3 && tries.length <= 10, `${tries}`);
  const gaps = tries.slice(1).map((at, i) => at - tries[i]!);
  assert.deepEqual(gaps, [...gaps].sort((a, b) => a - b));
  offer(OTHER, 2);
  target.fails = null;
  assert.equal(await releases.poll(), "swapped");
  assert.equal(releases.status().problem, null);
});

Deno.test("poll() after a rollback needs no download: the bundle before is kept, older ones are not", async () => {
  const keep = memoryKeep();
  const { releases, offer, since } = setUp(keep);
  const third = new Uint8Array([9]);
  for (const [i, bytes] of [BYTES, OTHER].entries()) {
    offer(bytes, i + 1);
    await releases.poll();
  }
  since();
  offer(BYTES, 3);
  await releases.poll();
  assert.deepEqual(since(), ['ask "2"', "swap 3"]);
  offer(third, 4);
  await releases.poll();
  assert.equal((await keep.names("bundle/")).length, 2);
});

Deno.test("poll() fetches a kept bundle again when it is damaged, and leaves it when the machine is at fault", async () => {
  const keep = memoryKeep();
  const { releases, offer, since, target } = setUp(keep);
  for (const [i, bytes] of [BYTES, OTHER].entries()) {
    offer(bytes, i + 1);
    await releases.poll();
  }
  since();
  const digest = offer(BYTES, 3);
  target.fails = new AppError("internal", "no memory for a worker");
  assert.equal(await releases.poll(), "refused");
  assert.deepEqual(since(), ['ask "2"', "swap 3"]);
  assert.equal((await keep.names("bundle/")).length, 2);
  offer(BYTES, 4);
  target.fails = new AppError("bundle-invalid", "damaged");
  assert.equal(await releases.poll(), "refused");
  assert.deepEqual(since(), ['ask "2"', "swap 4", `fetch ${digest}`, "swap 4"]);
});

Deno.test("poll() serves although nothing can be kept, and says so", async () => {
  const keep: Keep = { ...memoryKeep(), put: () => Promise.reject(new Error("disk full")) };
  const { releases, offer, problems } = setUp(keep);
  offer(BYTES, 1);
  assert.equal(await releases.poll(), "swapped");
  assert.deepEqual(problems, ["keep"]);
  assert.equal(releases.status().sequence, 1);
});

Deno.test("poll() of a missing hub leaves what serves, and status() tells", async () => {
  const { releases, offer, hub, problems } = setUp();
  offer(BYTES, 1);
  await releases.poll();
  hub.fails = new AppError("hub-unreachable", "away");
  assert.equal(await releases.poll(), "failed");
  assert.deepEqual([releases.status().hub, releases.status().sequence], ["unreachable", 1]);
  assert.deepEqual(problems, ["hub-unreachable"]);
  hub.fails = null;
  assert.equal(await releases.poll(), "unchanged");
  assert.deepEqual([releases.status().hub, releases.status().problem], ["reachable", null]);
});

Deno.test("restore() remembers the sequence, so that a restart opens no door to old releases", async () => {
  const keep = memoryKeep();
  const first = setUp(keep);
  first.offer(BYTES, 5);
  await first.releases.poll();
  const second = setUp(keep);
  assert.equal(await second.releases.restore(), true);
  assert.deepEqual(second.since(), ["swap 5"]);
  second.offer(OTHER, 4);
  assert.equal(await second.releases.poll(), "refused");
  assert.match(second.releases.status().problem?.message ?? "", /EDGE_CACHE=clear/);
  second.offer(OTHER, 5);
  assert.equal(await second.releases.poll(), "refused");
  second.offer(OTHER, 6);
  assert.equal(await second.releases.poll(), "swapped");
});

Deno.test("run() polls slower while the hub is away and stops when told", async () => {
  const { releases, hub, clock, since } = setUp();
  hub.fails = new AppError("hub-unreachable", "away");
  const stop = new AbortController();
  const running = releases.run(stop.signal);
  for (let second = 0; second < 120; second++) await clock.advance(1_000);
  const { length } = since();
  assert.ok(length > 4 && length < 20, `${length} polls`);
  stop.abort();
  await running;
});

Deno.test("run() polls as seldom as a hub with many edges asks, and as its own setting says after that", async () => {
  const { releases, hub, clock, since } = setUp();
  hub.answer = { kind: "none", pollMs: 10_000 };
  const stop = new AbortController();
  const running = releases.run(stop.signal);
  for (let second = 0; second < 60; second++) await clock.advance(1_000);
  const asked = since().length;
  assert.ok(asked >= 5 && asked <= 8, `${asked} polls`);
  hub.answer = { kind: "none" };
  for (let second = 0; second < 60; second++) await clock.advance(1_000);
  assert.ok(since().length > 30);
  stop.abort();
  await running;
});

Deno.test("poll() follows the hub although what is kept can be neither read nor written", async () => {
  const vanished = () => Promise.reject(new Error("no such folder"));
  const keep: Keep = {
    persistent: true,
    get: vanished,
    put: vanished,
    delete: vanished,
    names: vanished,
  };
  const { releases, offer, since, problems } = setUp(keep);
  assert.equal(await releases.restore(), false);
  const first = offer(BYTES, 1);
  assert.equal(await releases.poll(), "swapped");
  const second = offer(OTHER, 2);
  assert.equal(await releases.poll(), "swapped");
  const asked = since().filter((line) => line.startsWith("fetch"));
  assert.deepEqual(asked, [`fetch ${first}`, `fetch ${second}`]);
  assert.ok(problems.length > 0 && problems.every((code) => code === "keep"));
});

Deno.test("a bundle that fails twice goes into quarantine, stays there over a restart and a new label, and leaves it once it runs", async () => {
  const keep = memoryKeep(), first = setUp(keep);
  first.offer(BYTES, 1);
  await first.releases.poll();
  first.offer(OTHER, 2);
  first.target.fails = new AppError("bundle-invalid", "its golden samples differ");
  await first.releases.poll();
  assert.equal(first.releases.status().trouble?.quarantined, false);
  first.clock.advance(5_000);
  await first.releases.poll();
  assert.equal(first.releases.status().trouble?.quarantined, true);
  assert.equal(first.releases.status().sequence, 1);

  const second = setUp(keep);
  await second.quarantine.open();
  second.clock.advance(5_000);
  second.offer(OTHER, 3);
  assert.equal(await second.releases.poll(), "refused");
  assert.deepEqual(second.since().filter((line) => line.startsWith("swap")), []);
  assert.match(second.releases.status().trouble?.message ?? "", /in quarantine/);
  second.clock.advance(4_000_000);
  assert.equal(await second.releases.poll(), "swapped");
  assert.deepEqual([second.releases.status().trouble, second.quarantine.waitMs("x")], [null, 0]);
});

Deno.test("a release for another edge is refused, one for this edge is taken, and it returns by a newer one alone", async () => {
  const { releases, offer } = setUp();
  offer(BYTES, 1);
  await releases.poll();
  offer(OTHER, 2, "edge-2");
  assert.equal(await releases.poll(), "refused");
  assert.match(releases.status().problem?.message ?? "", /for other edges/);
  offer(OTHER, 2, "edge-1");
  assert.equal(await releases.poll(), "swapped");
  offer(BYTES, 1);
  assert.equal(await releases.poll(), "refused");
  offer(BYTES, 3);
  assert.equal(await releases.poll(), "swapped");
});
