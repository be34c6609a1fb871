/**
 * What a person should label next: a mix of reasons to look, without near-duplicates, the same for the same seed.
 *
 * Pure. The most uncertain products of a catalogue are often one product in fifty wordings; fifty answers about them
 * teach what one does. So what resembles something that was just given out counts for less.
 *
 * @module
 */
import { normalizeText } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";

/** Why somebody should look, in the order in which equal claims are met. */
export const REVIEW_REASONS = [
  "low-margin",
  "disagreement",
  "label-error",
  "contradicted",
  "drifted",
] as const;
/** One of {@linkcode REVIEW_REASONS}. */
export type ReviewReason = (typeof REVIEW_REASONS)[number];

/** How much of each reason there shall be; any scale. */
export type ReviewMix = Readonly<Record<ReviewReason, number>>;

/** What can be given out. */
export interface Candidate {
  readonly id: string;
  readonly kind: ReviewReason;
  /** 0 to 1. */
  readonly priority: number;
  /** Of its text; see {@linkcode wordsOf}. */
  readonly words: ReadonlySet<string>;
}

/** What was given out lately, and how to go on. */
export interface ChooseOptions {
  readonly n: number;
  readonly mix: ReviewMix;
  readonly seed: number;
  /** Oldest first; they count for the mix, and what resembles them waits. */
  readonly recent?: readonly Pick<Candidate, "kind" | "words">[];
}

/** Words that are looked at of one text: enough to tell products apart. */
const MAX_WORDS = 60;
/** From this similarity on two texts are one product in two wordings. */
const NEAR_DUPLICATE = 0.7;

/** The words of a product's text, lower-case, the first of them. */
export function wordsOf(product: { designation: string; description: string }): Set<string> {
  const text = `${normalizeText(product.designation)} ${normalizeText(product.description)}`;
  const words = new Set<string>();
  for (const [word] of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    words.add(word);
    if (words.size === MAX_WORDS) break;
  }
  return words;
}

/** Share of the words of both that both have (Jaccard); texts without words resemble nothing. */
export function similarity(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 || b.size === 0) return 0;
  const both = a.intersection(b).size;
  return both / (a.size + b.size - both);
}

/** Ids of what to give out, in order; the order of `candidates` matters for nothing. */
export function chooseNext(candidates: readonly Candidate[], options: ChooseOptions): string[] {
  const { n, mix, seed, recent = [] } = options;
  const given = REVIEW_REASONS.map((kind) => recent.filter((r) => r.kind === kind).length);
  const queues = REVIEW_REASONS.map((kind) =>
    candidates.filter((candidate) => candidate.kind === kind)
      .map((candidate) => ({ ...candidate, lot: sha256(`${seed}:${candidate.id}`), closest: 0 }))
  );
  const note = (words: ReadonlySet<string>) => {
    for (const one of queues.flat()) {
      one.closest = Math.max(one.closest, similarity(one.words, words));
    }
  };
  for (const { words } of recent) note(words);
  const chosen: string[] = [];
  while (chosen.length < n) {
    const total = given.reduce((sum, count) => sum + count, 0);
    const kind = pickKind(queues, given, mix, total);
    if (kind === null) break;
    const queue = queues[kind]!;
    let best = 0;
    for (let i = 1; i < queue.length; i++) if (before(queue[i]!, queue[best]!)) best = i;
    const [one] = queue.splice(best, 1);
    chosen.push(one!.id);
    given[kind]!++;
    note(one!.words);
  }
  return chosen;
}

/** The kind that is furthest behind its share, among those that have something new, else among all that are left. */
function pickKind(
  queues: readonly (readonly { readonly closest: number }[])[],
  given: readonly number[],
  mix: ReviewMix,
  total: number,
): number | null {
  const weights = REVIEW_REASONS.map((kind) => mix[kind]);
  const sum = weights.reduce((a, b) => a + b, 0);
  const behind = (k: number) => (sum === 0 ? 0 : weights[k]! / sum) * (total + 1) - given[k]!;
  const has = (k: number, fresh: boolean) =>
    queues[k]!.some(({ closest }) => !fresh || closest < NEAR_DUPLICATE);
  for (const fresh of [true, false]) {
    const kinds = REVIEW_REASONS.keys().filter((k) => has(k, fresh)).toArray();
    if (kinds.length > 0) return kinds.reduce((a, b) => behind(b) > behind(a) ? b : a);
  }
  return null;
}

interface Waiting {
  readonly priority: number;
  readonly closest: number;
  readonly lot: string;
}

/** Near-duplicates of what was given out come last; else by priority, less what resembles; ties by lot. */
function before(a: Waiting, b: Waiting): boolean {
  const [oneOld, otherOld] = [a.closest >= NEAR_DUPLICATE, b.closest >= NEAR_DUPLICATE];
  if (oneOld !== otherOld) return otherOld;
  const [one, other] = [a.priority * (1 - a.closest), b.priority * (1 - b.closest)];
  return one !== other ? one > other : a.lot < b.lot;
}
