/**
 * What a gate decided, rule by rule; schema and type of the stored JSON.
 *
 * @module
 */
import { z } from "zod";

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** One rule with the numbers it looked at. An error that is not ok refuses the candidate; a warning only tells. */
export const Rule = z.object({
  id: z.string(),
  ok: z.boolean(),
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  numbers: z.record(z.string(), z.number()),
});
/** Parsed form of {@linkcode Rule}. */
export type Rule = z.infer<typeof Rule>;

const gain = z.object({
  value: z.number(),
  low: z.number(),
  high: z.number(),
  inferior: z.number(),
});

/** See the module's note. `accept` exactly when no error rule failed. */
export const Verdict = z.object({
  format: z.literal("aisle-verdict/1"),
  accept: z.boolean(),
  bundle: digest,
  /** The bundle it was compared with; null for none. */
  champion: digest.nullable(),
  gold: digest,
  /** Gold rows that decided. */
  rows: z.int().nonnegative(),
  rules: z.array(Rule),
  /** Candidate against champion; null where there is none or where no comparison made sense. */
  comparison: z.object({
    gains: z.object({ accuracy: gain, weightedF1: gain, macroF1: gain }),
    mcnemar: z.object({
      candidateOnly: z.int().nonnegative(),
      championOnly: z.int().nonnegative(),
      p: z.number(),
    }),
    power: z.object({ ofSeenGain: z.number(), detectableGain: z.number() }),
  }).nullable(),
});
/** Parsed form of {@linkcode Verdict}. */
export type Verdict = z.infer<typeof Verdict>;

/** Builds rules: `ok` decides which of two messages is told. */
export function rule(
  id: string,
  ok: boolean,
  told: {
    readonly severity?: "error" | "warning";
    readonly message: string;
    readonly numbers?: Readonly<Record<string, number>>;
  },
): Rule {
  // What is no finite number has no place in JSON; the message says it in words
  const finite = Object.entries(told.numbers ?? {}).filter(([, value]) => Number.isFinite(value));
  return {
    id,
    ok,
    severity: told.severity ?? "error",
    message: told.message,
    numbers: Object.fromEntries(finite),
  };
}

/** `share` in percent with one decimal, for messages. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** A difference of shares in points with sign, for messages. */
export function points(difference: number): string {
  return `${difference >= 0 ? "+" : ""}${(difference * 100).toFixed(2)} points`;
}
