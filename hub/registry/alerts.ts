/**
 * Alerts: what needs somebody's eye, told once while it lasts, and what was done about it.
 *
 * Whoever finds something raises it under a key, as often as it finds it; one row stays open for it. Muting stops
 * messages, not the alert.
 *
 * @module
 */
import { and, desc, eq, gt, lt, ne, type SQL, sql } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { alerts } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

/** How bad it is. */
export type AlertSeverity = "info" | "warning" | "critical";
/** Where it stands; `acknowledged` is open and somebody knows. */
export type AlertState = "open" | "acknowledged" | "resolved";

/** Severities by weight. */
export const ALERT_WEIGHT: Readonly<Record<AlertSeverity, number>> = {
  info: 0,
  warning: 1,
  critical: 2,
};

/** One alert. */
export interface Alert {
  readonly id: string;
  /** Empty for what belongs to no catalogue. */
  readonly catalogue: string;
  readonly key: string;
  /** What sort of thing it is, such as `drift` or `job-missed`. */
  readonly kind: string;
  readonly severity: AlertSeverity;
  readonly state: AlertState;
  readonly message: string;
  readonly details: unknown;
  readonly raisedAt: string;
  readonly lastRaisedAt: string;
  /** How often it was raised while open. */
  readonly times: number;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedBy: string | null;
  readonly mutedUntil: string | null;
  readonly mutedBy: string | null;
  readonly resolvedAt: string | null;
  readonly resolvedBy: string | null;
}

/** What is raised. */
export interface NewAlert {
  readonly catalogue: string;
  /** Names the thing itself: while it is open, raising it again tells nobody anew. */
  readonly key: string;
  readonly kind: string;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly details?: unknown;
}

/** Which alerts to list. */
export interface AlertQuery extends PageQuery {
  readonly catalogue?: string | undefined;
  /** `unresolved` stands for open and acknowledged. */
  readonly state?: AlertState | "unresolved" | undefined;
}

/** Told, inside the transaction, of every alert that is new, got worse or ended. */
export type AlertWatcher = (
  tx: Queries,
  event: "raised" | "worse" | "resolved",
  alert: Alert,
) => Promise<void>;

/** Reads and writes alerts. */
export interface Alerts {
  /** Opens it, or notes that it still holds; a mute of the same key that still runs holds for it, too. */
  raise(alert: NewAlert): Promise<Alert>;
  /** Resolves the open alert of that key, as no longer found; null when there is none. */
  clear(catalogue: string, key: string): Promise<Alert | null>;
  get(id: string): Promise<Alert | null>;
  /** Newest first. */
  list(query?: AlertQuery): Promise<Page<Alert>>;
  /** Number of unresolved ones by severity; of one catalogue, or of all. */
  count(catalogue?: string): Promise<Readonly<Record<AlertSeverity, number>>>;
  /** Somebody knows. Twice changes nothing. @throws {AppError} `not-found`; `conflict` when it is resolved */
  acknowledge(id: string, by: string): Promise<Alert>;
  /** No messages until then; null ends it. @throws {AppError} `not-found`; `input-invalid` for a time that is past */
  mute(id: string, until: string | null, by: string): Promise<Alert>;
  /** It is over; raised again it is a new alert. Twice changes nothing. @throws {AppError} `not-found` */
  resolve(id: string, by: string): Promise<Alert>;
  /** Removes those resolved before that time; returns how many. */
  forget(resolvedBefore: string): Promise<number>;
}

/** Who resolves what is no longer found. */
export const NOBODY = "monitoring";

/** The alerts kept in `context`'s database; `watch` hears of them in the same transaction. */
export function createAlerts({ database, now, newId }: Context, watch?: AlertWatcher): Alerts {
  const update = async (tx: Queries, seq: number, values: Partial<Row>): Promise<Alert> =>
    show(await tx.update(alerts).set(values).where(eq(alerts.seq, seq)).returning().get());
  const close = async (tx: Queries, row: Row, by: string): Promise<Alert> => {
    const alert = await update(tx, row.seq, {
      state: "resolved",
      resolvedAt: now(),
      resolvedBy: by,
    });
    await watch?.(tx, "resolved", alert);
    return alert;
  };
  return {
    raise: ({ catalogue, key, kind, severity, message, details = null }) =>
      database.write(async (tx) => {
        const at = now();
        const last = await tx.select().from(alerts)
          .where(and(eq(alerts.catalogue, catalogue), eq(alerts.key, key)))
          .orderBy(desc(alerts.seq)).limit(1).get();
        const said = { kind, severity, message, details, lastRaisedAt: at };
        if (last !== undefined && last.state !== "resolved") {
          const worse = ALERT_WEIGHT[severity] > ALERT_WEIGHT[last.severity];
          const alert = await update(tx, last.seq, {
            ...said,
            times: last.times + 1,
            // What somebody took note of was something milder.
            ...(worse ? { state: "open", acknowledgedAt: null, acknowledgedBy: null } : {}),
          });
          if (worse) await watch?.(tx, "worse", alert);
          return alert;
        }
        const muted = last?.mutedUntil != null && last.mutedUntil > at;
        const alert = show(
          await tx.insert(alerts).values({
            id: newId(),
            catalogue,
            key,
            state: "open",
            raisedAt: at,
            times: 1,
            ...said,
            ...(muted ? { mutedUntil: last.mutedUntil, mutedBy: last.mutedBy } : {}),
          }).returning().get(),
        );
        await watch?.(tx, "raised", alert);
        return alert;
      }),
    clear: async (catalogue, key) => {
      const isOpen = and(
        eq(alerts.catalogue, catalogue),
        eq(alerts.key, key),
        ne(alerts.state, "resolved"),
      );
      // Most clears find nothing: a read is cheaper than a transaction.
      const open = await database.read((db) => db.select().from(alerts).where(isOpen).get());
      if (open === undefined) return null;
      return await database.write(async (tx) => {
        const row = await tx.select().from(alerts).where(isOpen).get();
        return row === undefined ? null : await close(tx, row, NOBODY);
      });
    },
    get: (id) =>
      database.read(async (db) => {
        const row = await db.select().from(alerts).where(eq(alerts.id, id)).get();
        return row === undefined ? null : show(row);
      }),
    list: (query = {}) =>
      database.read(async (db) => {
        const rows = await db.select().from(alerts).where(and(
          lt(alerts.seq, beforeOf(query)),
          query.catalogue === undefined ? undefined : eq(alerts.catalogue, query.catalogue),
          inState(query.state),
        )).orderBy(desc(alerts.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, show);
      }),
    count: (catalogue) =>
      database.read(async (db) => {
        const rows = await db.select({ severity: alerts.severity, n: sql<number>`count(*)` })
          .from(alerts).where(and(
            inState("unresolved"),
            catalogue === undefined ? undefined : eq(alerts.catalogue, catalogue),
          )).groupBy(alerts.severity);
        return {
          info: 0,
          warning: 0,
          critical: 0,
          ...Object.fromEntries(rows.map(({ severity, n }) => [severity, n])),
        };
      }),
    acknowledge: (id, by) =>
      database.write(async (tx) => {
        const row = await find(tx, id, "acknowledge");
        if (row.state === "acknowledged") return show(row);
        if (row.state === "resolved") {
          throw new AppError("conflict", `Cannot acknowledge alert ${id}: it is resolved`);
        }
        return await update(tx, row.seq, {
          state: "acknowledged",
          acknowledgedAt: now(),
          acknowledgedBy: by,
        });
      }),
    mute: (id, until, by) =>
      database.write(async (tx) => {
        const row = await find(tx, id, "mute");
        const mutedUntil = until === null ? null : new Date(until).toISOString();
        if (mutedUntil !== null && mutedUntil <= now()) {
          throw new AppError(
            "input-invalid",
            `Cannot mute alert ${id}: until must lie ahead: current value is ${until}`,
          );
        }
        return await update(tx, row.seq, { mutedUntil, mutedBy: mutedUntil === null ? null : by });
      }),
    resolve: (id, by) =>
      database.write(async (tx) => {
        const row = await find(tx, id, "resolve");
        return row.state === "resolved" ? show(row) : await close(tx, row, by);
      }),
    forget: (resolvedBefore) =>
      database.write(async (tx) => {
        const gone = await tx.delete(alerts)
          .where(and(gt(alerts.resolvedAt, ""), lt(alerts.resolvedAt, resolvedBefore)))
          .returning({ seq: alerts.seq });
        return gone.length;
      }),
  };
}

type Row = typeof alerts.$inferSelect;

/** Spelled as the partial index spells it, so that it serves. */
function inState(state: AlertQuery["state"]): SQL | undefined {
  if (state === undefined) return undefined;
  return state === "unresolved" ? sql`${alerts.state} <> 'resolved'` : eq(alerts.state, state);
}

async function find(tx: Queries, id: string, what: string): Promise<Row> {
  const row = await tx.select().from(alerts).where(eq(alerts.id, id)).get();
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot ${what} alert ${id}: it does not exist`);
}

function show({ seq: _seq, ...row }: Row): Alert {
  return { ...row, details: row.details ?? null };
}
