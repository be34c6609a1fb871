/**
 * Whether it is time to learn again, and why or why not: a value that the scheduler acts on.
 *
 * Decides nothing about models; the gate does that. Triggers say that there is a reason; cool-down and budget say
 * whether it may be followed, so that no reason that stays can retrain in a loop.
 *
 * @module
 */

/** Severities of drift, by weight. */
const WEIGHT = { none: 0, warning: 1, critical: 2 } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A retrain that was. */
export interface PastRetrain {
  /** When it was queued, milliseconds since 1970. */
  readonly atMs: number;
  /** Whether an inspection started it, rather than a person. */
  readonly automatic: boolean;
  /** Whether it waits or runs still. */
  readonly goesOn: boolean;
}

/** What the decision rests on. */
export interface InspectionInput {
  readonly nowMs: number;
  /** Feedback rows that wait to be merged. */
  readonly newRows: number;
  /** Codes that they name. */
  readonly classesSeen: readonly string[];
  /** Active codes of the catalogue. */
  readonly allClasses: readonly string[];
  /** Accuracy on feedback, with the upper end of its interval; null where monitoring has none. */
  readonly accuracy: { readonly n: number; readonly value: number; readonly high: number } | null;
  /** The newest severity of drift; null where monitoring has no report. */
  readonly drift: "none" | "warning" | "critical" | null;
  /** Retrains of the last week at least. */
  readonly retrains: readonly PastRetrain[];
  readonly rules: InspectionRules;
}

/** The section `inspection` of the params, as far as the decision goes. */
export interface InspectionRules {
  readonly minRows: number;
  readonly requireAllClasses: boolean;
  /** 0 for never. */
  readonly accuracyBelow: number;
  readonly minAccuracyRows: number;
  readonly onDrift: "critical" | "warning" | "never";
  readonly coolDownMinutes: number;
  readonly retrainsPerDay: number;
  readonly retrainsPerWeek: number;
}

/** One reason to retrain that was looked at. */
export interface TriggerReport {
  readonly trigger: "rows" | "accuracy" | "drift";
  readonly fired: boolean;
  readonly why: string;
}

/** What to do, and why: a sentence for each condition, met or not. */
export interface InspectionDecision {
  readonly decision: "nothing" | "retrain";
  readonly reasons: readonly string[];
  readonly triggers: readonly TriggerReport[];
  /** What holds a retrain back that a trigger asks for; null where nothing does. */
  readonly heldBack: string | null;
}

/** Names shown of a long list of missing classes. */
const EXAMPLES = 5;

/** Retrain exactly when a trigger fires and nothing holds it back. */
export function inspect(input: InspectionInput): InspectionDecision {
  const triggers = [rowsTrigger(input), accuracyTrigger(input), driftTrigger(input)];
  const fired = triggers.some((trigger) => trigger.fired);
  const heldBack = fired ? holdBack(input) : null;
  return {
    decision: fired && heldBack === null ? "retrain" : "nothing",
    reasons: [...triggers.map(({ why }) => why), ...(heldBack === null ? [] : [heldBack])],
    triggers,
    heldBack,
  };
}

function rowsTrigger(input: InspectionInput): TriggerReport {
  const { newRows, rules: { minRows, requireAllClasses } } = input;
  const enough = newRows > 0 && newRows >= minRows;
  const rows = `${newRows} new feedback ${newRows === 1 ? "row" : "rows"}, ${minRows} needed`;
  if (!requireAllClasses) return { trigger: "rows", fired: enough, why: rows };
  const seen = new Set(input.classesSeen), all = new Set(input.allClasses);
  const missing = [...all].filter((code) => !seen.has(code)).sort();
  const classes = missing.length === 0
    ? "every class is among them"
    : `${missing.length} of ${all.size} classes are not among them: ` +
      missing.slice(0, EXAMPLES).join(", ") + (missing.length > EXAMPLES ? ", ..." : "");
  return { trigger: "rows", fired: enough && missing.length === 0, why: `${rows}; ${classes}` };
}

/** Only an interval that lies below the bound as a whole says so: an unlucky handful of rows does not. */
function accuracyTrigger({ accuracy, rules }: InspectionInput): TriggerReport {
  const trigger = "accuracy";
  if (rules.accuracyBelow === 0) {
    return { trigger, fired: false, why: "accuracy starts no retrain here" };
  }
  if (accuracy === null || accuracy.n < rules.minAccuracyRows) {
    return {
      trigger,
      fired: false,
      why: `accuracy is not known: ${accuracy?.n ?? 0} rows, ${rules.minAccuracyRows} needed`,
    };
  }
  const fired = accuracy.high < rules.accuracyBelow;
  return {
    trigger,
    fired,
    why: `accuracy ${percent(accuracy.value)} (at most ${percent(accuracy.high)}, ` +
      `${accuracy.n} rows) is ${fired ? "" : "not surely "}below ${percent(rules.accuracyBelow)}`,
  };
}

function driftTrigger({ drift, rules: { onDrift } }: InspectionInput): TriggerReport {
  const trigger = "drift";
  if (onDrift === "never") return { trigger, fired: false, why: "drift starts no retrain here" };
  if (drift === null) return { trigger, fired: false, why: "drift is not known" };
  const fired = WEIGHT[drift] >= WEIGHT[onDrift];
  return { trigger, fired, why: `drift is ${drift}, ${onDrift} needed` };
}

/** The first thing that stands against a retrain now; null where none does. */
function holdBack({ nowMs, newRows, retrains, rules }: InspectionInput): string | null {
  if (newRows === 0) return "held back: there is no new feedback to learn from";
  if (retrains.some((retrain) => retrain.goesOn)) return "held back: a retrain is under way";
  const agoMs = Math.min(...retrains.map(({ atMs }) => nowMs - atMs));
  const coolDownMs = rules.coolDownMinutes * 60_000;
  if (agoMs < coolDownMs) {
    return `held back: the last retrain was ${minutes(agoMs)} ago, ` +
      `the cool-down takes ${minutes(coolDownMs)}`;
  }
  const within = (spanMs: number) =>
    retrains.filter(({ atMs, automatic }) => automatic && nowMs - atMs < spanMs).length;
  const day = within(DAY_MS), week = within(7 * DAY_MS);
  if (day >= rules.retrainsPerDay) {
    return `held back: ${day} retrains started by themselves in a day, ${rules.retrainsPerDay} may`;
  }
  if (week >= rules.retrainsPerWeek) {
    return `held back: ${week} retrains started by themselves in a week, ` +
      `${rules.retrainsPerWeek} may`;
  }
  return null;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function minutes(ms: number): string {
  return `${Math.floor(ms / 60_000)} min`;
}
