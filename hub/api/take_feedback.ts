/**
 * Feedback as an edge sends it: stored where the policy puts it, and people told where it has to wait for them.
 *
 * @module
 */
import type { FeedbackReceipt, FeedbackRecord } from "@aisle/shared/contract";
import { AppError } from "@aisle/shared/errors";
import { REVIEW_EDGE } from "../registry/feedback_policy.ts";
import type { HubContext } from "./context.ts";

/** Stores `record`. @throws {AppError} `unknown-code`; `input-invalid` where it claims to come from the review queue */
export async function takeFeedback(
  c: HubContext,
  record: FeedbackRecord,
): Promise<FeedbackReceipt> {
  const { registry, params } = c.get("hub");
  const { catalogue, source, edgeId } = record;
  if (edgeId === REVIEW_EDGE) {
    throw new AppError(
      "input-invalid",
      `Cannot take feedback of an edge that calls itself ${REVIEW_EDGE}: people in the hub do`,
    );
  }
  const { stored, duplicate, placement } = await registry.feedback.store(record, params.sources);
  if (placement?.alarm === "burst") {
    await registry.alerts.raise({
      catalogue,
      key: "feedback-burst",
      kind: "feedback-burst",
      severity: "warning",
      message: `Feedback of ${source} at ${edgeId} is quarantined: ${placement.reason}. ` +
        "Release or reject it on the page Review",
      details: { source, edgeId, reason: placement.reason },
    });
  }
  if (placement?.alarm === "conflict") {
    await registry.alerts.raise({
      catalogue,
      key: "feedback-conflict",
      kind: "feedback-conflict",
      severity: "info",
      message: "Different sources give one product different codes. Say which is right on the " +
        "page Review",
      details: { source, edgeId, key: record.idempotencyKey },
    });
  }
  return { stored, duplicate };
}
