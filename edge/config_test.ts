import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { EDGE_VARIABLES, edgeConfig, type EdgeVariable } from "./config.ts";

const GOOD: Partial<Record<EdgeVariable, string>> = {
  EDGE_HUB_URL: "http://127.0.0.1:8000",
  EDGE_TOKEN: "secret",
  EDGE_PUBLIC_KEY: `${"A".repeat(43)}=`,
  EDGE_CATALOGUE: "demo",
};
const parse = (change: Partial<Record<EdgeVariable, string>>) =>
  edgeConfig((name) => ({ ...GOOD, ...change })[name]);

Deno.test("edgeConfig() needs four variables and gives the rest their defaults", () => {
  const config = parse({ EDGE_ID: "", EDGE_PORT: " " });
  assert.deepEqual(
    [config.port, config.host, config.pollMs, config.workers, config.edgeId, config.cache],
    [8080, "127.0.0.1", 2000, 1, null, "keep"],
  );
  assert.ok(Object.isFrozen(config));
});

Deno.test("edgeConfig() tells every problem at once and never the token", () => {
  const wrong: Partial<Record<EdgeVariable, string>> = {
    EDGE_HUB_URL: "ftp://hub",
    EDGE_PUBLIC_KEY: "short",
    EDGE_CATALOGUE: "Not A Name",
    EDGE_ID: "a b",
    EDGE_CACHE: "sometimes",
    EDGE_PORT: "70000",
    EDGE_WORKERS: "-1",
    EDGE_POLL_MS: "1e3",
    EDGE_MAX_QUEUE: "10",
    EDGE_MAX_BATCH: "11",
  };
  assert.throws(() => parse(wrong), (error) => {
    assert.ok(error instanceof AppError && error.code === "usage");
    for (const name of Object.keys(wrong)) assert.ok(error.message.includes(name), name);
    assert.ok(!error.message.includes("secret"));
    return true;
  });
  assert.throws(
    () => edgeConfig(() => undefined),
    /EDGE_HUB_URL.*EDGE_TOKEN.*EDGE_PUBLIC_KEY.*EDGE_CATALOGUE/,
  );
});

Deno.test("edgeConfig() reads only the variables that the permission set names", () => {
  const asked = new Set<string>();
  edgeConfig((name) => {
    asked.add(name);
    return GOOD[name];
  });
  assert.deepEqual([...asked].sort(), [...EDGE_VARIABLES].sort());
});
