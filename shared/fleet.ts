/**
 * What the hub and one edge of a fleet say to each other beside models and counts: whom a release is for, and what an
 * edge serves or refuses.
 *
 * @module
 */
import { z } from "zod";
import { sha256 } from "./hash.ts";

const edgeId = z.string().min(1).max(100);
const digest = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits");

/** Whom a release is for, where that is not every edge of its catalogue. */
export const Audience = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("edge"), edgeId }),
  /** The edges whose place (see {@linkcode placeOf}) is below `share`. */
  z.strictObject({
    kind: z.literal("share"),
    share: z.number().min(0).max(1),
    salt: z.string().min(1).max(100),
  }),
]);
/** Parsed form of {@linkcode Audience}. */
export type Audience = z.infer<typeof Audience>;

/** Where an edge stands between 0 and 1 under `salt`: the same each time, spread evenly over edges. */
export function placeOf(edge: string, salt: string): number {
  return parseInt(sha256(`${salt}\n${edge}`).slice(0, 12), 16) / 2 ** 48;
}

/** Whether a release for `audience` is for `edge`; one without an audience is for all. */
export function isFor(audience: Audience | null | undefined, edge: string): boolean {
  if (audience === null || audience === undefined) return true;
  return audience.kind === "edge"
    ? audience.edgeId === edge
    : placeOf(edge, audience.salt) < audience.share;
}

/** Why an edge does not serve what it was told to. */
export const EdgeTrouble = z.strictObject({
  /** The bundle that it refuses. */
  digest,
  sequence: z.int().positive(),
  code: z.string().max(100),
  message: z.string().max(2000),
  /** The bundle itself is at fault on this edge: its bytes, its golden samples. It is tried ever less often. */
  quarantined: z.boolean(),
});
/** Parsed form of {@linkcode EdgeTrouble}. */
export type EdgeTrouble = z.infer<typeof EdgeTrouble>;

/** What an edge serves, and what it refuses; sent when it changes. */
export const EdgeReport = z.strictObject({
  edgeId,
  catalogue: z.string().max(64),
  /** Null: nothing yet. */
  digest: digest.nullable(),
  sequence: z.int().positive().nullable(),
  trouble: EdgeTrouble.nullable(),
});
/** Parsed form of {@linkcode EdgeReport}. */
export type EdgeReport = z.infer<typeof EdgeReport>;

/** The hub's answer to an {@linkcode EdgeReport}. */
export const EdgeReportReceipt = z.object({ stored: z.boolean() });
/** Parsed form of {@linkcode EdgeReportReceipt}. */
export type EdgeReportReceipt = z.infer<typeof EdgeReportReceipt>;
