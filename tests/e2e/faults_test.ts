/**
 * Counted delivery, with the real edge and the real hub: what was acknowledged is stored exactly once, whatever happens
 * on the way or to either end.
 */
import assert from "node:assert/strict";
import { rng } from "@aisle/shared/random";
import { CATALOGUE } from "./released_hub.ts";
import { delivered, freePort, Ledger, metric, releasedFolder } from "./counted_feedback.ts";
import { startFaultProxy } from "./fault_proxy.ts";
import { post, type Running, scratch, startEdge, startHub, until } from "./processes.ts";

/** Quick to give up on a hub, so that a test meets more of what follows. */
const QUICK = {
  EDGE_CACHE: "keep",
  EDGE_FEEDBACK_WAIT_MS: "300",
  EDGE_HUB_TIMEOUT_MS: "500",
};
const ROUNDS = 6, EACH = 40, USERS = 4;

/** A name under which no other run of the tests keeps anything. */
const newEdgeId = () => `faults-${crypto.randomUUID().slice(0, 8)}`;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sends `count` pieces of feedback, several at a time, to wherever the edge is just then. */
async function send(ledger: Ledger, url: () => string, codes: readonly string[], count: number) {
  let left = count;
  await Promise.all(Array.from({ length: USERS }, async () => {
    while (left-- > 0) {
      await ledger.send(url(), codes[left % codes.length] ?? codes[0]!);
      await pause(5);
    }
  }));
}

Deno.test("over a network that drops, delays, cuts and repeats, and kill -9 of edge and hub, what was acknowledged is stored once", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, codes = await releasedFolder(dataDir);
  const seed = Number(Deno.env.get("AISLE_FAULT_SEED") ?? 11), random = rng(seed);
  const port = freePort(), ledger = new Ledger("f"), edgeId = newEdgeId();
  await using proxy = startFaultProxy(port, { seed });
  let hub: Running = await startHub(dataDir, { HUB_PORT: String(port) });
  const env = { ...QUICK, EDGE_ID: edgeId, EDGE_HUB_URL: `http://127.0.0.1:${proxy.port}` };
  let edge: Running = await startEdge(dataDir, CATALOGUE, env);
  await until(
    "the edge to keep its bundle",
    () => Promise.resolve(edge.output().includes("model swapped")),
  );
  let kills = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const sending = send(ledger, () => edge.url, codes, EACH);
      await pause(random() * 800);
      if (round % 2 === 0) {
        await edge.kill9();
        edge = await startEdge(dataDir, CATALOGUE, env);
      } else {
        await hub.kill9();
        await pause(random() * 500);
        hub = await startHub(dataDir, { HUB_PORT: String(port) });
      }
      kills++;
      await sending;
    }
    proxy.heal();
    await delivered(edge);
    await ledger.check(dataDir);
    console.log(`seed ${seed}: ${ledger}; ${kills} kills; ${JSON.stringify(proxy.fates)}`);
    assert.ok(ledger.stored.size > 0 && ledger.kept.size > 0, `${ledger}`);
  } finally {
    await edge[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  }
});

Deno.test("a full outbox refuses, says how many, and loses nothing that it took", async () => {
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, codes = await releasedFolder(dataDir);
  const port = String(freePort()), ledger = new Ledger("b");
  let hub = await startHub(dataDir, { HUB_PORT: port });
  await using edge = await startEdge(dataDir, CATALOGUE, {
    ...QUICK,
    EDGE_ID: newEdgeId(),
    EDGE_OUTBOX_MAX: "10",
  });
  try {
    await hub.kill9();
    await send(ledger, () => edge.url, codes, 25);
    assert.deepEqual([ledger.kept.size, ledger.refused.size], [10, 15]);
    assert.ok([...ledger.refused.values()].every((status) => status === 503));
    assert.equal(await metric(edge.url, 'feedback_total{event="refused"}'), 15);
    hub = await startHub(dataDir, { HUB_PORT: port });
    await delivered(edge);
    await ledger.check(dataDir);
  } finally {
    await hub[Symbol.asyncDispose]();
  }
});

Deno.test("a partition of the network, in namespaces, loses nothing that was acknowledged meanwhile", async (t) => {
  const why = await whyNot(["ip", "netns", "add", "aisle-probe"]);
  if (why !== null) {
    return void await t.step({ name: `no namespaces: ${why}`, ignore: true, fn: () => {} });
  }
  await must("ip", "netns", "del", "aisle-probe");
  await using folder = await scratch();
  const dataDir = `${folder.path}/data`, codes = await releasedFolder(dataDir);
  const ledger = new Ledger("n");
  await using space = await namespace();
  await using hub = await startHub(dataDir);
  // The hub keeps to loopback; the proxy is its address on the wire.
  await using proxy = startFaultProxy(Number(new URL(hub.url).port), {
    seed: 1,
    hostname: space.hubAddress,
  });
  proxy.heal();
  await using edge = await startEdge(dataDir, CATALOGUE, {
    ...QUICK,
    EDGE_ID: newEdgeId(),
    EDGE_HOST: space.edgeAddress,
    EDGE_HUB_URL: `http://${space.hubAddress}:${proxy.port}`,
  }, space.under);
  await send(ledger, () => edge.url, codes, 10);
  assert.equal(ledger.stored.size, 10, `${ledger}`);
  for (let cut = 0; cut < 2; cut++) {
    const sending = send(ledger, () => edge.url, codes, 30);
    await pause(30);
    await space.cut();
    await sending;
    await space.mend();
  }
  await delivered(edge);
  await ledger.check(dataDir);
  assert.ok(ledger.kept.size > 0 && ledger.refused.size === 0, `${ledger}`);
  console.log(`partition: ${ledger}`);
});

Deno.test("a full disk refuses feedback rather than promise it; what was promised survives; the model serves on", async (t) => {
  await using folder = await scratch();
  const disk = `${folder.path}/disk`;
  await Deno.mkdir(disk);
  const why = await whyNot(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk]);
  if (why !== null) {
    return void await t.step({ name: `no mount: ${why}`, ignore: true, fn: () => {} });
  }
  try {
    const dataDir = `${folder.path}/data`, codes = await releasedFolder(dataDir);
    const port = String(freePort()), ledger = new Ledger("d");
    let hub = await startHub(dataDir, { HUB_PORT: port });
    const env = { ...QUICK, EDGE_ID: newEdgeId(), DENO_DIR: disk };
    let edge = await startEdge(dataDir, CATALOGUE, env);
    try {
      await until(
        "the edge to keep its bundle",
        () => Promise.resolve(edge.output().includes("model swapped")),
      );
      await hub.kill9();
      await send(ledger, () => edge.url, codes, 5);
      assert.deepEqual([ledger.kept.size, ledger.refused.size], [5, 0], `${ledger}`);
      await fill(`${disk}/ballast`);
      await send(ledger, () => edge.url, codes, 20);
      assert.ok(ledger.refused.size > 0, `${ledger}`);
      assert.ok([...ledger.refused.values()].every((status) => status === 503));
      assert.equal(await predicts(edge), 200);
      await Deno.remove(`${disk}/ballast`);
      await send(ledger, () => edge.url, codes, 5);
      await edge.kill9();
      edge = await startEdge(dataDir, CATALOGUE, env);
      assert.equal(await metric(edge.url, "feedback_waiting"), ledger.kept.size, `${ledger}`);
      hub = await startHub(dataDir, { HUB_PORT: port });
      await delivered(edge);
      await ledger.check(dataDir);

      // And the whole folder goes away under it
      for await (const { name } of Deno.readDir(disk)) {
        await Deno.remove(`${disk}/${name}`, { recursive: true });
      }
      assert.equal(await predicts(edge), 200);
      const before = ledger.stored.size;
      await send(ledger, () => edge.url, codes, 5);
      assert.equal(ledger.stored.size, before + 5, `${ledger}`);
      await ledger.check(dataDir);
      console.log(`full disk: ${ledger}`);
    } finally {
      await edge[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    }
  } finally {
    await must("umount", "-l", disk);
  }
});

async function predicts(edge: Running): Promise<number> {
  const { status } = await post(`${edge.url}/v1/predict`, { designation: "one more" });
  return status;
}

/** Writes to `path` until nothing fits any more. */
async function fill(path: string): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true });
  for (let size = 1 << 20; size >= 1;) {
    try {
      if (await file.write(new Uint8Array(size)) < size) size >>= 1;
    } catch {
      size >>= 1; // No space left for so much
    }
  }
}

/** A namespace with a wire to the hub, which can be cut, and another to its users. */
async function namespace() {
  const id = crypto.randomUUID().slice(0, 6), name = `aisle-${id}`;
  const wires = [["h", "10.213.1"], ["u", "10.213.2"]] as const;
  await must("ip", "netns", "add", name);
  for (const [end, net] of wires) {
    const outside = `ai${end}${id}o`, inside = `ai${end}${id}i`;
    await must("ip", "link", "add", outside, "type", "veth", "peer", "name", inside);
    await must("ip", "link", "set", inside, "netns", name);
    await must("ip", "addr", "add", `${net}.1/24`, "dev", outside);
    await must("ip", "link", "set", outside, "up");
    await must("ip", "-n", name, "addr", "add", `${net}.2/24`, "dev", inside);
    await must("ip", "-n", name, "link", "set", inside, "up");
  }
  await must("ip", "-n", name, "link", "set", "lo", "up");
  const wire = `aih${id}o`;
  return {
    under: ["ip", "netns", "exec", name],
    hubAddress: "10.213.1.1",
    edgeAddress: "10.213.2.2",
    cut: () => must("ip", "link", "set", wire, "down"),
    mend: () => must("ip", "link", "set", wire, "up"),
    [Symbol.asyncDispose]: () => must("ip", "netns", "del", name),
  };
}

async function must(program: string, ...args: string[]): Promise<void> {
  const why = await whyNot([program, ...args]);
  assert.equal(why, null, `${program} ${args.join(" ")}: ${why}`);
}

/** Why `command` did not work; null where it did. */
async function whyNot([program, ...args]: readonly string[]): Promise<string | null> {
  try {
    const { success, stderr } = await new Deno.Command(program!, { args, stdout: "null" }).output();
    return success ? null : new TextDecoder().decode(stderr).trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
