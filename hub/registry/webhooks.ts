/**
 * Webhooks and their outbox: what is to be told is written in the same transaction as the alert, and stays until it
 * was taken or given up.
 *
 * No answer of this area holds a secret, or an address beyond its host: paths of webhooks are often secrets, too.
 *
 * @module
 */
import { and, asc, desc, eq, isNull, lt, lte, ne, or } from "drizzle-orm";
import { AppError } from "@aisle/shared/errors";
import type { Queries } from "../db/database.ts";
import { webhookDeliveries, webhooks } from "../db/schema/mod.ts";
import { type Alert, ALERT_WEIGHT, type AlertSeverity, type AlertWatcher } from "./alerts.ts";
import type { Context } from "./context.ts";
import { beforeOf, limitOf, type Page, pageOf, type PageQuery } from "./page.ts";

/** A webhook without what only its receiver should know. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  /** Scheme, host and port of its address. */
  readonly origin: string;
  /** Null for all catalogues. */
  readonly catalogue: string | null;
  /** Alerts milder than this are not sent. */
  readonly minSeverity: AlertSeverity;
  readonly enabled: boolean;
  readonly createdAt: string;
  readonly createdBy: string;
}

/** A webhook as somebody asks for it. */
export interface NewWebhook {
  readonly name: string;
  /** Checked by the door: see `hub/watch/address_guard.ts`. */
  readonly url: string;
  /** What bodies are signed with; at least 32 characters. */
  readonly secret: string;
  readonly catalogue: string | null;
  readonly minSeverity: AlertSeverity;
  readonly by: string;
}

/** One message to one webhook. */
export interface Delivery {
  readonly id: string;
  readonly webhook: string;
  readonly event: string;
  readonly state: "pending" | "delivered" | "failed";
  readonly attempts: number;
  readonly nextAt: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly createdAt: string;
  readonly settledAt: string | null;
}

/** A message that is due, with what it takes to send it. */
export interface DueDelivery {
  readonly id: string;
  readonly webhook: string;
  readonly body: string;
  /** Attempts before this one. */
  readonly attempts: number;
  /** When it fell due; changes with every claim. */
  readonly nextAt: string;
  readonly url: string;
  readonly secret: string;
}

/** What an attempt came to; `nextAt` null gives up. */
export type Attempt =
  | { readonly ok: true; readonly status: number }
  | {
    readonly ok: false;
    readonly status: number | null;
    readonly error: string;
    readonly nextAt: string | null;
  };

/** Reads and writes webhooks. */
export interface Webhooks {
  create(webhook: NewWebhook): Promise<Webhook>;
  /** Oldest first. */
  list(): Promise<Webhook[]>;
  /** @throws {AppError} `not-found` */
  update(id: string, change: {
    readonly name?: string | undefined;
    readonly enabled?: boolean | undefined;
    readonly minSeverity?: AlertSeverity | undefined;
    /** A new secret signs from the next attempt on. */
    readonly secret?: string | undefined;
  }): Promise<Webhook>;
  /** Removes it and what waits for it. @throws {AppError} `not-found` */
  remove(id: string): Promise<void>;
  /** Queues a message that says nothing, to see whether it comes through. @throws {AppError} `not-found` */
  test(id: string): Promise<Delivery>;
  /** Newest first. @throws {AppError} `not-found` */
  deliveries(id: string, query?: PageQuery): Promise<Page<Delivery>>;
  /** Messages of enabled webhooks whose time has come, oldest first. */
  due(limit: number): Promise<DueDelivery[]>;
  /**
   * Makes a due message the caller's for `leaseMs`; false when it is another's, settled or gone. One that is not
   * settled within that time falls due again: its sender died.
   */
  claim(message: DueDelivery, leaseMs: number): Promise<boolean>;
  settle(delivery: string, attempt: Attempt): Promise<void>;
  /** Removes messages that were settled before that time; returns how many. */
  forget(settledBefore: string): Promise<number>;
}

/** The webhooks kept in `context`'s database. */
export function createWebhooks({ database, now, newId }: Context): Webhooks {
  return {
    create: ({ by, secret, ...webhook }) => {
      requireSecret(secret);
      return database.write(async (tx) =>
        show(
          await tx.insert(webhooks).values({
            ...webhook,
            secret,
            id: newId(),
            enabled: true,
            createdAt: now(),
            createdBy: by,
          }).returning().get(),
        )
      );
    },
    list: () =>
      database.read(async (db) =>
        (await db.select().from(webhooks).orderBy(asc(webhooks.seq))).map(show)
      ),
    update: (id, change) => {
      if (change.secret !== undefined) requireSecret(change.secret);
      return database.write(async (tx) => {
        const before = await find(tx, id);
        if (Object.values(change).every((value) => value === undefined)) return show(before);
        return show(
          await tx.update(webhooks).set(change).where(eq(webhooks.id, id)).returning().get(),
        );
      });
    },
    remove: (id) =>
      database.write(async (tx) => {
        await find(tx, id);
        await tx.delete(webhookDeliveries).where(eq(webhookDeliveries.webhook, id));
        await tx.delete(webhooks).where(eq(webhooks.id, id));
      }),
    test: (id) =>
      database.write(async (tx) => {
        await find(tx, id);
        return showDelivery(await queue(tx, id, "test", {}, { at: now(), id: newId() }));
      }),
    deliveries: (id, query = {}) =>
      database.read(async (db) => {
        await find(db, id);
        const rows = await db.select().from(webhookDeliveries).where(and(
          eq(webhookDeliveries.webhook, id),
          lt(webhookDeliveries.seq, beforeOf(query)),
        )).orderBy(desc(webhookDeliveries.seq)).limit(limitOf(query) + 1);
        return pageOf(rows, query, showDelivery);
      }),
    due: (limit) =>
      database.read((db) =>
        db.select({
          id: webhookDeliveries.id,
          webhook: webhookDeliveries.webhook,
          body: webhookDeliveries.body,
          attempts: webhookDeliveries.attempts,
          nextAt: webhookDeliveries.nextAt,
          url: webhooks.url,
          secret: webhooks.secret,
        }).from(webhookDeliveries)
          .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhook))
          .where(and(
            eq(webhookDeliveries.state, "pending"),
            lte(webhookDeliveries.nextAt, now()),
            eq(webhooks.enabled, true),
          )).orderBy(asc(webhookDeliveries.seq)).limit(limit)
      ),
    claim: ({ id, nextAt }, leaseMs) =>
      database.write(async (tx) => {
        const taken = await tx.update(webhookDeliveries)
          .set({ nextAt: new Date(Date.parse(now()) + leaseMs).toISOString() })
          .where(and(
            eq(webhookDeliveries.id, id),
            eq(webhookDeliveries.state, "pending"),
            eq(webhookDeliveries.nextAt, nextAt),
          )).returning({ seq: webhookDeliveries.seq });
        return taken.length === 1;
      }),
    settle: (id, attempt) =>
      database.write(async (tx) => {
        const row = await tx.select().from(webhookDeliveries)
          .where(eq(webhookDeliveries.id, id)).get();
        // Its webhook may be gone meanwhile.
        if (row === undefined) return;
        const again = !attempt.ok && attempt.nextAt !== null;
        await tx.update(webhookDeliveries).set({
          attempts: row.attempts + 1,
          state: attempt.ok ? "delivered" : again ? "pending" : "failed",
          status: attempt.status,
          error: attempt.ok ? null : attempt.error,
          ...(again ? { nextAt: attempt.nextAt! } : { settledAt: now() }),
        }).where(eq(webhookDeliveries.id, id));
      }),
    forget: (settledBefore) =>
      database.write(async (tx) => {
        const gone = await tx.delete(webhookDeliveries).where(and(
          ne(webhookDeliveries.state, "pending"),
          lt(webhookDeliveries.settledAt, settledBefore),
        )).returning({ seq: webhookDeliveries.seq });
        return gone.length;
      }),
  };
}

/** Puts a message for every webhook that wants it into the outbox, unless the alert is muted. */
export function tellWebhooks({ now, newId }: Pick<Context, "now" | "newId">): AlertWatcher {
  return async (tx, event, alert) => {
    const at = now();
    if (alert.mutedUntil !== null && alert.mutedUntil > at) return;
    const wanted = await tx.select({ id: webhooks.id, minSeverity: webhooks.minSeverity })
      .from(webhooks).where(and(
        eq(webhooks.enabled, true),
        or(isNull(webhooks.catalogue), eq(webhooks.catalogue, alert.catalogue)),
      ));
    for (const { id, minSeverity } of wanted) {
      if (ALERT_WEIGHT[alert.severity] < ALERT_WEIGHT[minSeverity]) continue;
      await queue(tx, id, `alert.${event}`, { alert: told(alert) }, { at, id: newId() });
    }
  };
}

/** What of an alert travels. */
function told({ id, catalogue, key, kind, severity, state, message, details, ...times }: Alert) {
  const { raisedAt, resolvedAt, resolvedBy } = times;
  return {
    id,
    catalogue,
    key,
    kind,
    severity,
    state,
    message,
    details,
    raisedAt,
    resolvedAt,
    resolvedBy,
  };
}

type Row = typeof webhooks.$inferSelect;
type DeliveryRow = typeof webhookDeliveries.$inferSelect;

async function queue(
  tx: Queries,
  webhook: string,
  event: string,
  content: Readonly<Record<string, unknown>>,
  { at, id }: { readonly at: string; readonly id: string },
): Promise<DeliveryRow> {
  return await tx.insert(webhookDeliveries).values({
    id,
    webhook,
    event,
    body: JSON.stringify({ id, event, at, ...content }),
    state: "pending",
    attempts: 0,
    nextAt: at,
    createdAt: at,
  }).returning().get();
}

const MIN_SECRET = 32, MAX_SECRET = 256;

function requireSecret(secret: string): void {
  if (secret.length >= MIN_SECRET && secret.length <= MAX_SECRET) return;
  throw new AppError(
    "input-invalid",
    `Cannot take that secret: it must have ${MIN_SECRET} to ${MAX_SECRET} characters: ` +
      `current length is ${secret.length}`,
  );
}

async function find(db: Queries, id: string): Promise<Row> {
  const row = await db.select().from(webhooks).where(eq(webhooks.id, id)).get();
  if (row !== undefined) return row;
  throw new AppError("not-found", `Cannot find the webhook ${id}: it does not exist`);
}

function show({ seq: _seq, secret: _secret, url, ...row }: Row): Webhook {
  return { ...row, origin: new URL(url).origin };
}

function showDelivery({ seq: _seq, body: _body, ...row }: DeliveryRow): Delivery {
  return row;
}
