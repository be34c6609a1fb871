/**
 * Feedback that is counted from the outside: what a user was told is kept, and what the hub has in the end.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { FeedbackAnswer } from "@aisle/shared/contract";
import { CATALOGUE, openDataFolder, releaseTinyBundle } from "./released_hub.ts";
import { hubJson, type Running, until } from "./processes.ts";

/** Ids by what their user was told. */
export class Ledger {
  readonly sent = new Set<string>();
  /** 201: the hub has it. */
  readonly stored = new Set<string>();
  /** 202: kept, over a restart too. */
  readonly kept = new Set<string>();
  /** Refused, with the status. */
  readonly refused = new Map<string, number>();
  /** The edge died before it answered: nobody was told anything. */
  readonly untold = new Set<string>();

  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Sends one piece of feedback to the edge at `url`. */
  async send(url: string, code: string): Promise<void> {
    const idempotencyKey = `${this.#prefix}-${this.sent.size}`;
    this.sent.add(idempotencyKey);
    const body = {
      product: { designation: `product ${idempotencyKey}`, description: "of a test" },
      code,
      idempotencyKey,
    };
    try {
      const response = await fetch(`${url}/v1/feedback`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = await response.json() as FeedbackAnswer;
      if (!response.ok) this.refused.set(idempotencyKey, response.status);
      else if (response.status === 201 && answer.stored) this.stored.add(idempotencyKey);
      else {
        assert.deepEqual([response.status, answer.stored], [202, false]);
        this.kept.add(idempotencyKey);
      }
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error;
      this.untold.add(idempotencyKey);
    }
  }

  /** Every acknowledged id is in the hub once, and nothing else that was not sent. */
  async check(dataDir: string): Promise<void> {
    const { items } = await hubJson<{ items: { idempotencyKey: string }[] }>(
      dataDir,
      "GET",
      `/api/v1/catalogues/${CATALOGUE}/feedback?limit=1000`,
    );
    const there = items.map((item) => item.idempotencyKey)
      .filter((key) => key.startsWith(`${this.#prefix}-`));
    assert.equal(new Set(there).size, there.length, "stored twice");
    const acknowledged = this.stored.union(this.kept);
    assert.deepEqual([...acknowledged.difference(new Set(there))], [], "acknowledged and lost");
    assert.deepEqual([...new Set(there).difference(this.sent)], [], "stored and never sent");
  }

  toString(): string {
    return `${this.sent.size} sent, ${this.stored.size} answered 201, ${this.kept.size} answered 202, ` +
      `${this.refused.size} refused, ${this.untold.size} untold`;
  }
}

/** A data folder whose hub has released a small bundle; the codes of its classes. */
export async function releasedFolder(dataDir: string): Promise<string[]> {
  await using hub = await openDataFolder(dataDir);
  await releaseTinyBundle(hub, dataDir);
  return (await hub.registry.labels.list(CATALOGUE)).labels.map(({ code }) => code);
}

/** One figure of an edge's `/metrics`. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split("\n").find((l) => l.startsWith(`aisle_edge_${name} `));
  assert.ok(line !== undefined, name);
  return Number(line.split(" ")[1]);
}

/** Resolves once nothing waits at `edge` any more. */
export async function delivered(edge: Running): Promise<void> {
  await until(
    "the outbox to be empty",
    async () => await metric(edge.url, "feedback_waiting") === 0,
  );
}

/** A port that nobody listens on. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
