/**
 * Takes products into the review queue: one a content, the strongest reason first, no more than it may hold.
 *
 * @module
 */
import { and, eq, sql } from "drizzle-orm";
import { contentName } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";
import type { Queries } from "../db/database.ts";
import { reviewAnswers, reviewItems } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";
import type { NewReviewItem, QueueParams, ReviewWhy } from "./review.ts";

/** See `ReviewQueue.offer`. */
export async function offerItems(
  tx: Queries,
  { now, newId }: Pick<Context, "now" | "newId">,
  catalogue: string,
  items: readonly NewReviewItem[],
  { maxOpen, secondOpinions, seed }: QueueParams,
): Promise<number> {
  let added = 0;
  for (const item of items) {
    const content = contentName(item.product);
    if (content === null) continue;
    const known = await tx.select().from(reviewItems)
      .where(and(eq(reviewItems.catalogue, catalogue), eq(reviewItems.content, content)))
      .get();
    const at = now();
    if (known !== undefined) {
      if (known.state === "answered") continue;
      const before = known.state === "open" ? known.reasons as ReviewWhy[] : [];
      await tx.update(reviewItems)
        .set({ ...strongest(joined(before, item.reasons)), state: "open", updatedAt: at })
        .where(eq(reviewItems.id, known.id));
      continue;
    }
    await tx.insert(reviewItems).values({
      id: newId(),
      catalogue,
      content,
      product: item.product,
      guesses: item.guesses.map(({ code, confidence }) => ({ code, confidence })),
      digest: item.digest,
      ...strongest(item.reasons),
      knownCode: item.knownCode ?? null,
      origin: item.origin,
      state: "open",
      wanted: unit(`${seed}:${content}`) < secondOpinions ? 2 : 1,
      createdAt: at,
      updatedAt: at,
    });
    added++;
  }
  if (added > 0) await dropSurplus(tx, catalogue, maxOpen);
  return added;
}

/** What is least worth a look goes where the queue is too long; nothing is kept of what nobody answered. */
async function dropSurplus(tx: Queries, catalogue: string, maxOpen: number): Promise<void> {
  const surplus = sql`SELECT id FROM ${reviewItems} WHERE catalogue = ${catalogue}
    AND state = 'open' AND lease_by IS NULL ORDER BY priority DESC, seq DESC
    LIMIT -1 OFFSET ${maxOpen}`;
  await tx.run(sql`UPDATE ${reviewItems} SET state = 'gone' WHERE id IN (${surplus})`);
  await tx.run(sql`DELETE FROM ${reviewItems} WHERE catalogue = ${catalogue} AND state = 'gone'
    AND NOT EXISTS (SELECT 1 FROM ${reviewAnswers} WHERE item_id = ${reviewItems.id})`);
}

/** Both lists, one entry a kind: the stronger. */
function joined(known: readonly ReviewWhy[], fresh: readonly ReviewWhy[]): ReviewWhy[] {
  const by = new Map(known.map((why) => [why.kind, why]));
  for (const why of fresh) {
    if ((by.get(why.kind)?.score ?? -1) < why.score) by.set(why.kind, why);
  }
  return [...by.values()];
}

function strongest(reasons: readonly ReviewWhy[]) {
  const sorted = reasons.toSorted((a, b) => b.score - a.score);
  return { reasons: sorted, kind: sorted[0]!.kind, priority: sorted[0]!.score };
}

/** A number in [0, 1) that `text` alone decides. */
function unit(text: string): number {
  return parseInt(sha256(text).slice(0, 12), 16) / 2 ** 48;
}
