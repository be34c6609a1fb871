/**
 * The hub about itself: health, who asks, versions, params.
 *
 * @module
 */
import { z } from "@hono/zod-openapi";
import { AppError } from "@aisle/shared/errors";
import { EXPOSITION_TYPE } from "@aisle/shared/exposition";
import { sha256 } from "@aisle/shared/hash";
import { endpoint } from "../endpoint.ts";
import { hubMetrics } from "../hub_metrics.ts";

const tag = "system";

/** Endpoints of this area. */
export const SYSTEM = [
  endpoint({
    method: "get",
    path: "/healthz",
    id: "health",
    tag,
    summary: "Whether the hub answers and its database too",
    answer: {
      description: "It does",
      schema: z.object({ ok: z.literal(true) }),
      example: { ok: true as const },
    },
    problems: ["not-ready"],
    async handle(_, c) {
      try {
        await c.get("hub").registry.catalogues.list();
      } catch (cause) {
        throw new AppError("not-ready", "Cannot answer: the database does not, see the log", {
          cause,
          retryAfterSeconds: 5,
        });
      }
      return { ok: true as const };
    },
  }),
  endpoint({
    method: "get",
    path: "/metrics",
    id: "metrics",
    tag,
    summary:
      "Figures in the Prometheus text format: requests, edges, alerts, what monitoring found",
    answer: {
      description: "The text",
      schema: z.string(),
      example: "# HELP aisle_hub_uptime_seconds Since the start of the process.\n",
      contentType: EXPOSITION_TYPE,
    },
    async handle(_, c) {
      const { registry, version, now } = c.get("hub");
      const text = await hubMetrics({
        registry,
        version,
        http: c.get("http"),
        nowMs: now(),
        residentBytes: Deno.memoryUsage().rss,
        uptimeSeconds: performance.now() / 1000,
      });
      return c.body(text, 200, { "content-type": EXPOSITION_TYPE });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/whoami",
    id: "whoami",
    tag,
    summary: "Whose token this is",
    answer: {
      description: "Name and role",
      schema: z.object({
        name: z.string(),
        role: z.enum(["admin", "operator", "reviewer", "viewer", "edge"]),
      }),
      example: { name: "alice", role: "operator" as const },
    },
    handle(_, c) {
      const { name, role } = c.get("principal")!;
      return Promise.resolve({ name, role });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/info",
    id: "info",
    tag,
    summary: "The hub's version, and the public key that edges pin",
    answer: {
      description: "Version and key",
      schema: z.object({ version: z.string(), publicKey: z.string(), keyId: z.string() }),
      example: {
        version: "0.1.0",
        publicKey: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        keyId: "21fe31dfa154a261",
      },
    },
    handle(_, c) {
      const { version, publicKey } = c.get("hub");
      const keyId = sha256(Uint8Array.from(atob(publicKey), (ch) => ch.charCodeAt(0))).slice(0, 16);
      return Promise.resolve({ version, publicKey, keyId });
    },
  }),
  endpoint({
    method: "get",
    path: "/api/v1/params",
    id: "params",
    tag,
    summary: "params.yaml as the hub read it",
    answer: {
      description: "Sections with their values",
      schema: z.record(z.string(), z.record(z.string(), z.unknown())),
      example: { train: { c: 1, passes: 8 } },
    },
    handle: (_, c) => Promise.resolve(c.get("hub").params),
  }),
];
