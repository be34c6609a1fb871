import assert from "node:assert/strict";
import { EventChannel } from "./event_channel.ts";

Deno.test("EventChannel gives events in order, those from before and those from during the reading", async () => {
  const channel = new EventChannel<number>();
  channel.push(1);
  const read = Array.fromAsync(channel.read());
  channel.push(2);
  await Promise.resolve();
  channel.push(3);
  channel.close();
  assert.deepEqual(await read, [1, 2, 3]);
});

Deno.test("EventChannel throws what it was closed with, after the events before", async () => {
  const channel = new EventChannel<number>(), seen: number[] = [];
  channel.push(1);
  channel.close({ error: new Error("first") });
  channel.close({ error: new Error("second") });
  await assert.rejects(async () => {
    for await (const event of channel.read()) seen.push(event);
  }, /first/);
  assert.deepEqual(seen, [1]);
});
