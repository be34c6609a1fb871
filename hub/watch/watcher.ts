/**
 * Looks at every catalogue again and again, keeps what was found, raises and clears its alerts, and removes what
 * monitoring need not keep.
 *
 * No job of the queue: a training of an hour must not keep anyone from seeing that the champion drifts meanwhile.
 *
 * @module
 */
import { messageOf } from "@aisle/shared/errors";
import type { Manifest } from "@aisle/shared/bundle";
import type { Log } from "../log.ts";
import { alertsOf, LOOK_KEYS, lookAt, type WatchedChampion } from "../monitoring/look.ts";
import type { ExpectedRecall } from "../monitoring/quality.ts";
import type { Params } from "../params.ts";
import type { MonitorReport } from "../registry/monitoring.ts";
import type { Registry } from "../registry/registry.ts";
import { addSums, noSums, type TelemetrySums } from "../registry/telemetry_sums.ts";

/** What a {@linkcode Watcher} works with. */
export interface WatcherDeps {
  readonly registry: Registry;
  /** The bytes of a blob. */
  readonly blobs: { bytes(digest: string): Promise<Uint8Array> };
  readonly params: Params;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
}

/** Messages that were taken or given up are kept so long, for those who look why. */
const DELIVERY_DAYS = 30;
const HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;

/** See the module's note. */
export class Watcher implements Disposable {
  readonly #deps: WatcherDeps;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking = false;

  constructor(deps: WatcherDeps) {
    this.#deps = deps;
  }

  /** Looks now, and then as often as the params say. */
  start(): void {
    const everyMs = this.#deps.params.monitoring.everyMinutes * 60_000;
    this.#timer = setInterval(() => void this.lookAtAll(), everyMs);
    void this.lookAtAll();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** Looks at every catalogue; what fails is logged. */
  async lookAtAll(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { registry, log } = this.#deps;
    try {
      for (const { name } of await registry.catalogues.list()) {
        await this.look(name);
        await this.#forget(name);
      }
    } catch (error) {
      log("error", "monitoring failed", { error: messageOf(error) });
    } finally {
      this.#looking = false;
    }
  }

  /** Looks at `catalogue` and keeps what was found. */
  async look(catalogue: string): Promise<MonitorReport> {
    const { registry, params: { monitoring: params }, now } = this.#deps;
    const sinceMs = now() - params.windowHours * HOUR_MS;
    const champion = await this.#champion(catalogue);
    const [traffic, served, feedback, before] = await Promise.all([
      this.#sums(catalogue, sinceMs),
      champion === null ? noSums() : this.#sums(catalogue, sinceMs, champion.digest),
      registry.feedback.stats(catalogue, {
        ...(champion === null ? {} : { digest: champion.digest }),
        since: new Date(sinceMs).toISOString(),
      }),
      registry.monitoring.latest(catalogue),
    ]);
    const at = new Date(now()).toISOString();
    const report = lookAt({
      catalogue,
      at,
      champion,
      traffic,
      served,
      feedback,
      before,
      params,
    });
    await registry.monitoring.store(report, params.keep.reports);
    const raised = alertsOf(report);
    for (const alert of raised) await registry.alerts.raise(alert);
    for (const key of LOOK_KEYS) {
      if (!raised.some((alert) => alert.key === key)) await registry.alerts.clear(catalogue, key);
    }
    return report;
  }

  async #sums(catalogue: string, sinceMs: number, digest?: string): Promise<TelemetrySums> {
    const points = await this.#deps.registry.telemetry.series(catalogue, { sinceMs, digest });
    return points.reduce<TelemetrySums>(addSums, noSums());
  }

  /** The champion, with what its newest evaluation found; null where nothing serves. */
  async #champion(catalogue: string): Promise<WatchedChampion | null> {
    const { registry } = this.#deps;
    const { champion } = await registry.aliases.get(catalogue);
    const model = champion === null ? null : await registry.models.get(champion, { catalogue });
    const manifest = model?.manifest as Partial<Manifest> | undefined;
    if (model === null || manifest?.classes === undefined || manifest.reference === undefined) {
      return null;
    }
    const { classes, reference } = manifest;
    return {
      digest: model.digest,
      manifest: { classes, reference },
      recalls: await this.#recalls(model.digest, catalogue),
    };
  }

  async #recalls(digest: string, catalogue: string): Promise<ExpectedRecall[]> {
    const { registry, blobs, log } = this.#deps;
    const [evaluation] = await registry.models.evaluations(digest, { catalogue });
    if (evaluation === undefined) return [];
    try {
      const { classes } = JSON.parse(
        new TextDecoder().decode(await blobs.bytes(evaluation.blob)),
      ) as { classes: readonly ExpectedRecall[] };
      return classes.map(({ code, rows, right }) => ({ code, rows, right }));
    } catch (error) {
      log("warn", "an evaluation cannot be read: recalls are not watched", {
        bundle: digest,
        error: messageOf(error),
      });
      return [];
    }
  }

  async #forget(catalogue: string): Promise<void> {
    const { registry, params: { monitoring: { keep } }, now, log } = this.#deps;
    const rows = await registry.telemetry.forget(catalogue, keep);
    const alerts = await registry.alerts.forget(
      new Date(now() - keep.alertDays * DAY_MS).toISOString(),
    );
    await registry.webhooks.forget(new Date(now() - DELIVERY_DAYS * DAY_MS).toISOString());
    if (rows + alerts > 0) log("debug", "old telemetry removed", { catalogue, rows, alerts });
  }
}
