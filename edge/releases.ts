/**
 * Follows the hub's release of one catalogue: poll, verify, fetch, swap, keep.
 *
 * Invariant: what is served was signed by the pinned key, is of this catalogue, and is never older than what was
 * served before. Whatever is refused leaves the last good release serving.
 *
 * @module
 */
import { AppError, messageOf } from "@aisle/shared/errors";
import { type ReleaseDocument, SignedRelease } from "@aisle/shared/contract";
import type { HubClient } from "./hub_client.ts";
import { type EdgeTrouble, isFor } from "@aisle/shared/fleet";
import type { Keep } from "./keep.ts";
import type { Log } from "./log.ts";
import type { Quarantine } from "./quarantine.ts";
import { backoffMs, type Clock } from "./waiting.ts";

/** Where verified releases go; `model_host.ts` is one. */
export interface ReleaseTarget {
  /** Resolves once `bytes` are checked, loaded, self-tested and serving; the old model serves until then. */
  swap(bytes: Uint8Array<ArrayBuffer>, release: ReleaseDocument): Promise<void>;
  /** Same bytes, new names. */
  relabel(release: ReleaseDocument): void;
}

/** What {@linkcode createReleases} needs. */
export interface ReleasesDeps {
  readonly client: Pick<HubClient, "release" | "bundle">;
  readonly keep: Keep;
  readonly target: ReleaseTarget;
  /** @throws {AppError} `release-invalid` when the signature is not by the pinned key */
  readonly verify: (signed: SignedRelease) => Promise<ReleaseDocument>;
  readonly catalogue: string;
  readonly edgeId: string;
  readonly quarantine: Quarantine;
  readonly maxBundleBytes: number;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Told each code under which a release or a poll failed, for telemetry. */
  readonly onProblem: (code: string) => void;
}

/** What one poll led to. */
export type PollOutcome = "unchanged" | "none" | "swapped" | "relabelled" | "refused" | "failed";

/** What is known about releases; served by `/readyz`. */
export interface ReleaseStatus {
  readonly sequence: number | null;
  readonly digest: string | null;
  /** From the first poll on: whether the hub answers. */
  readonly hub: "unknown" | "reachable" | "unreachable";
  /** Why the last release was not taken, or the hub not reached; null when all is well. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** The release that the hub offers and this edge refuses; null when it serves what it is told to. */
  readonly trouble: EdgeTrouble | null;
}

/** A running follower. */
export interface Releases {
  /** Serves what was kept from before the restart, if it still verifies; says whether it does. */
  restore(): Promise<boolean>;
  /** Asks the hub once and acts on the answer. */
  poll(signal?: AbortSignal): Promise<PollOutcome>;
  /** Polls until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  status(): ReleaseStatus;
}

/** Longest wait between polls of a hub that does not answer. */
const MAX_POLL_BACKOFF_MS = 30_000;
/** Longest wait before a refused release is tried again: what failed may have been the transfer. */
const MAX_REFUSED_BACKOFF_MS = 300_000;

/** A follower of `deps.catalogue`. */
export function createReleases(deps: ReleasesDeps): Releases {
  const { client, keep, target, clock, log } = deps;
  /** What is served. */
  let served: { payload: string; release: ReleaseDocument; etag: string | null } | null = null;
  /** Highest sequence ever verified, served or not: an older one is a replay. */
  let newest = { sequence: 0, payload: "" };
  let refused: { payload: string; failures: number; retryAt: number } | null = null;
  let hub: ReleaseStatus["hub"] = "unknown";
  let hubFailures = 0;
  /** What a hub with many edges asked for at its last answer. */
  let toldPollMs = 0;
  let problem: ReleaseStatus["problem"] = null;
  let trouble: EdgeTrouble | null = null;

  /** Verifies `signed` and refuses what this edge must not serve. */
  async function check(signed: SignedRelease): Promise<ReleaseDocument> {
    const release = await deps.verify(signed);
    if (release.catalogue !== deps.catalogue) {
      throw new AppError(
        "release-invalid",
        `Cannot take the release: it is of catalogue ${release.catalogue}, this edge serves ${deps.catalogue}`,
      );
    }
    // Another edge's document must not be taken: it is signed, too, and may be newer.
    if (!isFor(release.audience, deps.edgeId)) {
      throw new AppError(
        "release-invalid",
        `Cannot take release ${release.sequence}: it is for other edges than ${deps.edgeId}`,
      );
    }
    const { sequence } = newest;
    if (
      release.sequence < sequence ||
      (release.sequence === sequence && signed.payload !== newest.payload)
    ) {
      throw new AppError(
        "release-invalid",
        `Cannot take release ${release.sequence}: release ${sequence} was taken before, so this is an old one. ` +
          "If the hub was restored from a backup, start the edge once with EDGE_CACHE=clear",
      );
    }
    if (release.sizeBytes > deps.maxBundleBytes) {
      throw new AppError(
        "too-large",
        `Cannot take release ${release.sequence}: its bundle has ${release.sizeBytes} bytes, ` +
          `above EDGE_MAX_BUNDLE_BYTES (${deps.maxBundleBytes})`,
      );
    }
    newest = { sequence: release.sequence, payload: signed.payload };
    return release;
  }

  /** Brings `release` into service. */
  async function apply(
    signed: SignedRelease,
    release: ReleaseDocument,
    etag: string | null,
    signal?: AbortSignal,
  ): Promise<"swapped" | "relabelled"> {
    const same = served?.release.digest === release.digest;
    if (same) {
      target.relabel(release);
      await keepSafely(() => put("release", signed));
    } else {
      const name = `bundle/${release.digest}`;
      const kept = await keptBytes(name);
      try {
        await swap(kept ?? await client.bundle(release.digest, release.sizeBytes, signal), release);
      } catch (error) {
        const damaged = error instanceof AppError && error.code === "bundle-invalid";
        if (kept === null || !damaged) throw error;
        // The kept copy went bad, not the release: fetch it anew.
        log("warn", "kept bundle refused", { digest: release.digest, reason: messageOf(error) });
        await keepSafely(() => keep.delete(name));
        await swap(await client.bundle(release.digest, release.sizeBytes, signal), release);
      }
    }
    served = { payload: signed.payload, release, etag };
    log("info", same ? "labels changed" : "model swapped", {
      sequence: release.sequence,
      digest: release.digest,
      kind: release.kind,
    });
    return same ? "relabelled" : "swapped";

    async function swap(bytes: Uint8Array<ArrayBuffer>, to: ReleaseDocument): Promise<void> {
      await target.swap(bytes, to);
      await keepSafely(async () => {
        // Bundle before release: a release without its bundle could not be restored.
        await keep.put(`bundle/${to.digest}`, bytes);
        await put("release", signed);
        // The one before stays too, so that a rollback needs no download.
        const wanted = [`bundle/${to.digest}`, `bundle/${served?.release.digest}`];
        for (const old of await keep.names("bundle/")) {
          if (!wanted.includes(old)) await keep.delete(old);
        }
      });
    }
  }

  const put = (name: string, value: unknown) =>
    keep.put(name, new TextEncoder().encode(JSON.stringify(value)));

  /** A keep that fails (full disk) costs a download after the next restart, not the swap. */
  async function keepSafely(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log("warn", "cannot keep the release over a restart", { reason: messageOf(error) });
      deps.onProblem("keep");
    }
  }

  /** What is kept under `name`; null where nothing is, or nothing can be read: the hub has it too. */
  async function keptBytes(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      return await keep.get(name);
    } catch (error) {
      log("warn", "cannot read what was kept", { reason: messageOf(error) });
      deps.onProblem("keep");
      return null;
    }
  }

  async function poll(signal?: AbortSignal): Promise<PollOutcome> {
    let answer;
    try {
      answer = await client.release(served?.etag ?? null, signal);
    } catch (error) {
      if (signal?.aborted) return "failed";
      hubFailures++;
      const invalid = error instanceof AppError && error.code === "release-invalid";
      hub = invalid ? "reachable" : "unreachable";
      report(error, "cannot ask the hub for the release");
      return "failed";
    }
    hub = "reachable";
    hubFailures = 0;
    toldPollMs = answer.pollMs ?? 0;
    if (answer.kind !== "release") {
      if (answer.kind === "unchanged") refused = null;
      problem = trouble = null;
      return answer.kind;
    }
    const { signed, etag } = answer;
    if (served !== null && served.payload === signed.payload) {
      served.etag = etag;
      problem = trouble = null;
      refused = null;
      return "unchanged";
    }
    const again = refused?.payload === signed.payload ? refused : null;
    if (again !== null && clock.monotonicMs() < again.retryAt) return "refused";
    let release: ReleaseDocument | null = null;
    try {
      release = await check(signed);
      if (again === null && deps.quarantine.waitMs(release.digest) > 0) {
        throw new AppError(
          "bundle-invalid",
          `Cannot serve bundle ${release.digest}: it failed on this edge before and is in quarantine`,
        );
      }
      const outcome = await apply(signed, release, etag, signal);
      await deps.quarantine.release(release.digest);
      refused = null;
      problem = trouble = null;
      return outcome;
    } catch (error) {
      if (signal?.aborted) return "failed";
      const failures = (again?.failures ?? 0) + 1;
      const soonMs = backoffMs(
        failures,
        { firstMs: deps.pollMs, maxMs: MAX_REFUSED_BACKOFF_MS },
        clock.random(),
      );
      const waitMs = Math.max(soonMs, await isolate(release, error, again !== null));
      refused = { payload: signed.payload, failures, retryAt: clock.monotonicMs() + waitMs };
      report(error, "release refused, the last good one serves on", { retryInMs: waitMs });
      return "refused";
    }
  }

  /**
   * Notes why `release` is refused. A bundle that is at fault itself is put in quarantine at its second failure: the
   * first may have been the transfer. Returns the wait before it may be tried again.
   */
  async function isolate(
    release: ReleaseDocument | null,
    error: unknown,
    again: boolean,
  ): Promise<number> {
    trouble = null;
    if (release === null) return 0;
    const { digest, sequence } = release, { quarantine } = deps;
    const code = error instanceof AppError ? error.code : "internal";
    let waitMs = quarantine.waitMs(digest);
    if (code === "bundle-invalid" && waitMs === 0 && (again || quarantine.has(digest))) {
      waitMs = await quarantine.add(digest);
    }
    const quarantined = quarantine.has(digest);
    trouble = { digest, sequence, code, message: messageOf(error), quarantined };
    return waitMs;
  }

  /** Logs a problem when it is another than before; counts it always. */
  function report(error: unknown, message: string, fields: Record<string, unknown> = {}): void {
    const code = error instanceof AppError ? error.code : "internal";
    const next = { code, message: messageOf(error) };
    deps.onProblem(code);
    if (problem?.message !== next.message) {
      log("error", message, { code, reason: next.message, ...fields });
    }
    problem = next;
  }

  return {
    poll,
    async restore() {
      try {
        const stored = await keep.get("release");
        if (stored === null) return false;
        const signed = SignedRelease.parse(JSON.parse(new TextDecoder().decode(stored)));
        const release = await check(signed);
        const bytes = await keep.get(`bundle/${release.digest}`);
        if (bytes === null) return false;
        await target.swap(bytes, release);
        served = { payload: signed.payload, release, etag: null };
        log("info", "serving the kept release", {
          sequence: release.sequence,
          digest: release.digest,
        });
        return true;
      } catch (error) {
        log("warn", "cannot serve the kept release, waiting for the hub", {
          reason: messageOf(error),
        });
        deps.onProblem("keep");
        return false;
      }
    },
    async run(signal) {
      while (!signal.aborted) {
        await poll(signal);
        const random = clock.random();
        const waitMs = hubFailures === 0
          ? Math.max(deps.pollMs, toldPollMs) * (0.9 + 0.2 * random)
          : backoffMs(hubFailures, {
            firstMs: deps.pollMs,
            maxMs: Math.max(deps.pollMs, MAX_POLL_BACKOFF_MS),
          }, random);
        await clock.sleep(waitMs, signal);
      }
    },
    status: () => ({
      sequence: served?.release.sequence ?? null,
      digest: served?.release.digest ?? null,
      hub,
      problem,
      trouble,
    }),
  };
}
