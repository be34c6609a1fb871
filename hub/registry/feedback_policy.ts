/**
 * What becomes of a piece of feedback when it comes in: a pure decision from who says it, how much of it comes, and
 * what others said of the same product.
 *
 * Nothing here forgets feedback: what is not believed at once waits for a person, with the reason.
 *
 * @module
 */

/**
 * How far a source is believed. `trusted`: a person vouches for it, bursts too. `neutral`: it trains and judges, but
 * never decides alone. `untrusted`: it trains, and never judges. `blocked`: neither.
 */
export type Trust = "trusted" | "neutral" | "untrusted" | "blocked";

/** What the word of a source weighs against others' unless a person says otherwise. */
export const TRUST_WEIGHTS: Readonly<Record<Trust, number>> = {
  trusted: 1,
  neutral: 0.5,
  untrusted: 0.1,
  blocked: 0,
};

/** Edge id of feedback that people gave in the hub's own review queue. No edge may call itself so. */
export const REVIEW_EDGE = "hub:review";

/** Name of a source: what the feedback calls itself, and the edge that brought it. */
export function sourceKey({ source, edgeId }: { source: string; edgeId: string }): string {
  return `${source}@${edgeId}`;
}

/** How a source stands. */
export interface Standing {
  readonly trust: Trust;
  /** 0 to 1. */
  readonly weight: number;
  /** Records a day; null: as the limits say. */
  readonly quotaPerDay: number | null;
}

/** Bounds of what comes from one source that nobody vouches for. */
export interface FeedbackLimits {
  readonly defaultTrust: Trust;
  readonly quotaPerDay: number;
  /** More than this many records within `burstMinutes` are a burst. */
  readonly burstRows: number;
  readonly burstMinutes: number;
}

/** For callers that know no params: everything is believed at once. */
export const NO_LIMITS: FeedbackLimits = {
  defaultTrust: "neutral",
  quotaPerDay: Infinity,
  burstRows: Infinity,
  burstMinutes: 1,
};

/** A stored record of another source that gives the same product another code. */
export interface Rival {
  readonly key: string;
  readonly state: "pending" | "merged" | "quarantined";
  readonly weight: number;
}

/** What is known when a record comes in. */
export interface Arrival {
  /** Whether its product is known. */
  readonly joined: boolean;
  readonly standing: Standing;
  /** Records of its source in the last day and in the last `burstMinutes`, itself not counted. */
  readonly lastDay: number;
  readonly lastMinutes: number;
  readonly rivals: readonly Rival[];
}

/** Where the record goes, and what happens to others because of it. */
export interface Placement {
  readonly state: "pending" | "unjoined" | "quarantined" | "rejected" | "set-aside";
  readonly reason: string | null;
  /** What people are told of, if anything. */
  readonly alarm: "burst" | "conflict" | null;
  /** Keys of rivals that lose against it, and of those that wait for a person together with it. */
  readonly outweighed: readonly string[];
  readonly contested: readonly string[];
}

/** Starts of reasons that programs look at. */
export const REASONS = { burst: "burst", quota: "quota", conflict: "conflict" } as const;

/** Records a day of a source: as a person said, else as the limits say; those who are trusted have no limit then. */
export function quotaOf(
  { trust, quotaPerDay }: Standing,
  limits: Pick<FeedbackLimits, "quotaPerDay">,
): number {
  return quotaPerDay ?? (trust === "trusted" ? Infinity : limits.quotaPerDay);
}

/** Places one record. */
export function placeFeedback(arrival: Arrival, limits: FeedbackLimits): Placement {
  const { standing, joined, rivals } = arrival;
  const none = { reason: null, alarm: null, outweighed: [], contested: [] };
  if (standing.trust === "blocked") {
    return { ...none, state: "rejected", reason: "its source is blocked" };
  }
  const quota = quotaOf(standing, limits);
  if (arrival.lastDay >= quota) {
    const reason = `${REASONS.quota}: its source sent ${quota} records within a day already`;
    return { ...none, state: "quarantined", reason, alarm: "burst" };
  }
  if (standing.trust !== "trusted" && arrival.lastMinutes >= limits.burstRows) {
    const reason = `${REASONS.burst}: its source sent more than ${limits.burstRows} records ` +
      `within ${limits.burstMinutes} minutes`;
    return { ...none, state: "quarantined", reason, alarm: "burst" };
  }
  if (!joined) return { ...none, state: "unjoined" };
  const strongest = Math.max(0, ...rivals.map((rival) => rival.weight));
  if (rivals.length > 0 && strongest > standing.weight) {
    const winner = rivals.find((rival) => rival.weight === strongest)!;
    const reason = `contradicts ${winner.key}, whose source weighs more (${strongest} against ` +
      `${standing.weight})`;
    return { ...none, state: "set-aside", reason };
  }
  const equals = rivals.filter((rival) => rival.weight === standing.weight);
  const outweighed = rivals.filter((rival) =>
    rival.weight < standing.weight && rival.state !== "merged"
  ).map(({ key }) => key);
  if (equals.length === 0) return { ...none, state: "pending", outweighed };
  return {
    state: "quarantined",
    reason: `${REASONS.conflict}: ${equals[0]!.key} gives the same product another code`,
    alarm: "conflict",
    outweighed,
    contested: equals.filter(({ state }) => state === "pending").map(({ key }) => key),
  };
}
