/**
 * Whether the feedback that came in is enough to learn again: a value that the scheduler acts on.
 *
 * Decides nothing about models; the gate does that.
 *
 * @module
 */

/** What the decision rests on. */
export interface InspectionInput {
  /** Feedback rows that wait to be merged. */
  readonly newRows: number;
  /** Codes that they name. */
  readonly classesSeen: readonly string[];
  /** Active codes of the catalogue. */
  readonly allClasses: readonly string[];
  readonly minRows: number;
  readonly requireAllClasses: boolean;
}

/** What to do, and why: a sentence for each condition, met or not. */
export interface InspectionDecision {
  readonly decision: "nothing" | "retrain";
  readonly reasons: readonly string[];
}

/** Names shown of a long list of missing classes. */
const EXAMPLES = 5;

/** Retrain exactly when every condition is met; no rows are never enough. */
export function inspect(input: InspectionInput): InspectionDecision {
  const { newRows, minRows } = input;
  const enough = newRows > 0 && newRows >= minRows;
  const reasons = [
    `${newRows} new feedback ${newRows === 1 ? "row" : "rows"}, ${minRows} needed`,
  ];
  if (!input.requireAllClasses) return { decision: enough ? "retrain" : "nothing", reasons };
  const seen = new Set(input.classesSeen);
  const missing = [...new Set(input.allClasses)].filter((code) => !seen.has(code)).sort();
  reasons.push(
    missing.length === 0
      ? "every class is among them"
      : `${missing.length} of ${new Set(input.allClasses).size} classes are not among them: ` +
        missing.slice(0, EXAMPLES).join(", ") + (missing.length > EXAMPLES ? ", ..." : ""),
  );
  return { decision: enough && missing.length === 0 ? "retrain" : "nothing", reasons };
}
