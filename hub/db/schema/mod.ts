/**
 * Every table of the hub's database. Migrations are generated from these files.
 *
 * @module
 */
export * from "./data.ts";
export * from "./fleet.ts";
export * from "./learning.ts";
export * from "./monitoring.ts";
export * from "./operation.ts";
export * from "./tracking.ts";
export * from "./review.ts";
