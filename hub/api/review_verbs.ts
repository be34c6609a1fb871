/**
 * What people do in the review queue, the same for API and pages: next, answer, undo.
 *
 * @module
 */
import type { ReviewSample } from "@aisle/shared/contract";
import type { ReviewItem } from "../registry/review.ts";
import { drifted, lowMargin } from "../review/reasons.ts";
import { actorOf, type HubContext } from "./context.ts";

/** The next products for whoever asks, leased to them. */
export async function nextItems(
  c: HubContext,
  catalogue: string,
  n: number,
): Promise<readonly ReviewItem[]> {
  const { registry, params: { review } } = c.get("hub");
  return await registry.review.next(catalogue, { ...review, reviewer: actorOf(c), n });
}

/** Stores an answer of whoever asks, and notes it for the audit. */
export async function answerItem(
  c: HubContext,
  catalogue: string,
  id: string,
  code: string,
): Promise<ReviewItem> {
  const { registry, params } = c.get("hub"), reviewer = actorOf(c);
  c.set("auditNote", { action: "answer-review", target: catalogue, details: { id, code } });
  const item = await registry.review.answer(catalogue, { id, reviewer, code }, params.sources);
  const { conflicts } = await registry.quarantine.counts(catalogue);
  if (conflicts === 0) await registry.alerts.clear(catalogue, "feedback-conflict");
  return item;
}

/** Takes the last answer of whoever asks back; null where there is none. */
export async function undoAnswer(c: HubContext, catalogue: string): Promise<ReviewItem | null> {
  const { registry, params: { review } } = c.get("hub");
  const item = await registry.review.undo(catalogue, actorOf(c), review.leaseMinutes);
  const details = { id: item?.id ?? null };
  c.set("auditNote", { action: "undo-review", target: catalogue, details });
  return item;
}

/** Takes what an edge was unsure of into the queue; whether more is wanted. */
export async function takeSample(
  c: HubContext,
  sample: ReviewSample,
): Promise<{ stored: boolean; wanted: boolean }> {
  const { registry, params: { review } } = c.get("hub");
  const { catalogue, product, guesses, digest, edgeId, unseen } = sample;
  const reasons = [
    lowMargin(guesses),
    drifted(unseen ?? null, review.unseenShare, await classDrift(c, catalogue, guesses[0]!.code)),
  ].flatMap((why) => why === null ? [] : [why]);
  const item = { product, guesses, digest, reasons, origin: edgeId };
  const added = await registry.review.offer(catalogue, [item], review);
  const open = await registry.review.openCount(catalogue);
  return { stored: added > 0, wanted: open < review.maxOpen };
}

/** What monitoring found of the class `code`, in words; null where it does as it should. */
async function classDrift(c: HubContext, catalogue: string, code: string): Promise<string | null> {
  const report = await c.get("hub").registry.monitoring.latest(catalogue);
  const drop = report?.recallDrops.find((found) => found.code === code);
  if (drop === undefined || drop.severity === "none") return null;
  return `users correct ${code} more often than expected (recall ${
    Math.round(drop.observed.value * 100)
  } % instead of ${Math.round(drop.expected * 100)} %)`;
}
