/**
 * Which bundles do not run on this edge, so that they are not tried in a loop; remembered over a restart.
 *
 * A bundle gets in when it is at fault itself: its bytes are signed for, but cannot be opened, or its golden samples
 * come out otherwise on this device. It is tried again ever less often: a worker that died of something else may have
 * looked the same.
 *
 * @module
 */
import type { Keep } from "./keep.ts";
import { backoffMs } from "./waiting.ts";

/** A bundle in quarantine. */
export interface Quarantined {
  readonly digest: string;
  readonly failures: number;
  /** Milliseconds since 1970. */
  readonly retryAt: number;
}

/** Bundles in quarantine on this edge. */
export interface Quarantine {
  /** Reads what was kept. */
  open(): Promise<void>;
  /** Milliseconds until the bundle may be tried again; 0 when it may be now. */
  waitMs(digest: string): number;
  has(digest: string): boolean;
  /** It failed again; returns the wait before the next try. */
  add(digest: string): Promise<number>;
  /** It runs. */
  release(digest: string): Promise<void>;
}

const NAME = "quarantine";
const FIRST_MS = 60_000, MAX_MS = 3_600_000;
/** Bundles remembered; the oldest are forgotten first. */
const MAX_BUNDLES = 20;

/** What {@linkcode createQuarantine} needs. */
export interface QuarantineDeps {
  readonly keep: Keep;
  /** Milliseconds since 1970: waits go on over a restart. */
  readonly now: () => number;
  readonly random: () => number;
}

/** The quarantine kept in `keep`; one that cannot be kept lasts until the restart. */
export function createQuarantine({ keep, now, random }: QuarantineDeps): Quarantine {
  let held: Quarantined[] = [];
  const find = (digest: string) => held.find((q) => q.digest === digest);
  const save = async () => {
    try {
      await keep.put(NAME, new TextEncoder().encode(JSON.stringify(held)));
    } catch {
      // A keep that fails costs one more try after the next restart.
    }
  };
  return {
    async open() {
      try {
        const stored = await keep.get(NAME);
        if (stored === null) return;
        const value: unknown = JSON.parse(new TextDecoder().decode(stored));
        held = Array.isArray(value) ? value.filter(isQuarantined).slice(-MAX_BUNDLES) : [];
      } catch {
        // What cannot be read is as good as nothing: the bundle fails again and is back in.
        held = [];
      }
    },
    has: (digest) => find(digest) !== undefined,
    // A clock that was set back must not make it wait for years.
    waitMs: (digest) => Math.min(MAX_MS, Math.max(0, (find(digest)?.retryAt ?? 0) - now())),
    async add(digest) {
      const failures = (find(digest)?.failures ?? 0) + 1;
      const waitMs = backoffMs(failures, { firstMs: FIRST_MS, maxMs: MAX_MS }, random());
      held = [
        ...held.filter((q) => q.digest !== digest),
        { digest, failures, retryAt: now() + waitMs },
      ].slice(-MAX_BUNDLES);
      await save();
      return waitMs;
    },
    async release(digest) {
      if (find(digest) === undefined) return;
      held = held.filter((q) => q.digest !== digest);
      await save();
    },
  };
}

function isQuarantined(value: unknown): value is Quarantined {
  if (value === null || typeof value !== "object") return false;
  const { digest, failures, retryAt } = value as Record<string, unknown>;
  return typeof digest === "string" && Number.isInteger(failures) && Number.isFinite(retryAt);
}
