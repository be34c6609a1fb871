import assert from "node:assert/strict";
import { keepListening, type Server } from "./listener.ts";
import { noLog } from "./log.ts";
import { FakeClock } from "./testing/waits.ts";

/** Servers that a test lets fail. */
function setUp(port = 0) {
  const opened: number[] = [];
  const servers: PromiseWithResolvers<void>[] = [];
  let refuses = 0;
  const clock = new FakeClock();
  const open = (wanted: number): Server => {
    opened.push(wanted);
    if (refuses > 0) {
      refuses--;
      throw new Error("Too many open files");
    }
    const finished = Promise.withResolvers<void>();
    servers.push(finished);
    const addr = { transport: "tcp" as const, hostname: "127.0.0.1", port: wanted || 4_711 };
    return {
      addr,
      finished: finished.promise,
      shutdown: () => (finished.resolve(), finished.promise),
    };
  };
  return {
    opened,
    clock,
    listener: keepListening({ open, port, clock, log: noLog }),
    fail: () => servers.at(-1)!.reject(new Error("Too many open files")),
    refuse: (times: number) => refuses = times,
  };
}
const turn = () => new Promise((done) => setTimeout(done, 0));

Deno.test("a port whose server ended for want of open files is opened again, until it works", async () => {
  const { opened, clock, listener, fail, refuse } = setUp();
  assert.equal(listener.addr.port, 4_711);
  refuse(2);
  fail();
  for (let second = 0; second < 10; second++) {
    await turn();
    await clock.advance(1_000);
  }
  assert.deepEqual(opened, [0, 4_711, 4_711, 4_711]);
  await listener.shutdown();
});

Deno.test("shutdown() while the port is closed ends the waiting", async () => {
  const { opened, clock, listener, fail } = setUp(80);
  fail();
  await turn();
  assert.equal(clock.sleeping, 1);
  await listener.shutdown();
  assert.deepEqual(opened, [80]);
});
