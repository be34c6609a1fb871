/**
 * Stored JSON that cards are made of, checked; null where it is not what this version writes.
 *
 * @module
 */
import { z } from "zod";
import { Evaluation } from "../evaluation/evaluation.ts";
import { Verdict } from "../evaluation/verdict.ts";
import type { CardManifest } from "./model_card.ts";

const ManifestPart = z.object({
  kind: z.enum(["text", "fused"]),
  classes: z.array(z.string()),
  decision: z.object({ autoPrecision: z.number(), confidence: z.number().nullable() }),
  golden: z.array(z.object({ designation: z.string(), description: z.string() })).default([]),
});

/** What a card reads of a manifest. */
export function cardManifest(stored: unknown): CardManifest | null {
  return ManifestPart.safeParse(stored).data ?? null;
}

/** An evaluation. */
export function storedEvaluation(stored: unknown): Evaluation | null {
  return Evaluation.safeParse(stored).data ?? null;
}

/** A verdict. */
export function storedVerdict(stored: unknown): Verdict | null {
  return Verdict.safeParse(stored).data ?? null;
}
