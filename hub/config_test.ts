import assert from "node:assert/strict";
import { AppError } from "@aisle/shared/errors";
import { hubConfig } from "./config.ts";

Deno.test("hubConfig() has a default for everything", () => {
  const config = hubConfig({});
  assert.deepEqual(
    [config.dataDir, config.host, config.port, config.databaseUrl],
    ["data", "127.0.0.1", 8000, "file:data/aisle.db"],
  );
});

Deno.test("hubConfig() keeps the database in the data folder", () => {
  assert.equal(hubConfig({ AISLE_DATA: "/srv/aisle/" }).databaseUrl, "file:/srv/aisle/aisle.db");
});

Deno.test("hubConfig() tells every problem at once", () => {
  assert.throws(
    () => hubConfig({ HUB_PORT: "eighty", HUB_DATABASE_URL: "mysql://x", HUB_LOG: "loud" }),
    (error) =>
      error instanceof AppError && error.code === "usage" &&
      ["HUB_PORT", "HUB_DATABASE_URL", "HUB_LOG"].every((name) => error.message.includes(name)),
  );
});
