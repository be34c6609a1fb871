/**
 * Joins users' feedback with the rows of a catalogue.
 *
 * What touches gold never joins; every key that comes in comes out once, as merged or set aside.
 *
 * @module
 */
import { contentGroup, PictureGroups } from "./group.ts";
import type { ProductRow } from "./row.ts";
import type { SplitState } from "./split.ts";

/** One confirmed product: its texts, and the code that a user says is right. */
export interface FeedbackRow {
  /** Idempotency key; names the row that may come of it. */
  readonly key: string;
  readonly designation: string;
  readonly description: string;
  readonly productId: string;
  readonly imageId: string;
  /** Digest of the picture that came with it; empty where none did. */
  readonly picture: string;
  readonly code: string;
  /** ISO 8601 with an offset or Z. */
  readonly at: string;
  /** Who said it. */
  readonly source?: string | undefined;
}

/** The new rows, and what became of each piece of feedback. */
export interface Merge {
  readonly rows: ProductRow[];
  /** Keys whose code is now in the rows, sorted. */
  readonly merged: string[];
  /** Keys that changed nothing, sorted, with the reason. */
  readonly setAside: { readonly key: string; readonly reason: string }[];
  /** Pieces of feedback that a later one about the same product contradicts. */
  readonly conflicts: number;
}

/**
 * Merges `feedback` into `rows`; the order of neither matters for what comes out.
 *
 * A row that is corrected keeps its id and becomes a feedback row; an unseen row is replaced by what users said.
 */
export function mergeFeedback(
  rows: readonly ProductRow[],
  feedback: readonly FeedbackRow[],
  state: SplitState,
): Merge {
  const gold = new Set(state.gold), unseen = new Set(state.unseen);
  const merged: string[] = [];
  const setAside: Merge["setAside"] = [];
  let conflicts = 0;

  const groups = rows.map(contentGroup);
  const showing = new PictureGroups();
  rows.forEach(({ picture }, i) => showing.add(picture, groups[i]!));
  const latest = new Map<string, FeedbackRow>();
  for (const row of [...feedback].sort(latestFirst)) {
    if (row.designation.trim() === "" && row.description.trim() === "" && row.picture === "") {
      setAside.push({ key: row.key, reason: "no text and no picture: nothing to learn from" });
      continue;
    }
    const group = contentGroup({ ...row, id: rowId(row) });
    const winner = latest.get(group);
    if (gold.has(group)) {
      setAside.push({
        key: row.key,
        reason: "touches gold: this product judges and must not train",
      });
    } else if (showing.linkedWith(row.picture, group).some((other) => gold.has(other))) {
      setAside.push({
        key: row.key,
        reason: "touches gold: its picture judges and must not train",
      });
    } else if (winner === undefined) latest.set(group, row);
    else if (winner.code === row.code) {
      setAside.push({ key: row.key, reason: `duplicate: ${winner.key} says the same` });
    } else {
      conflicts++;
      setAside.push({
        key: row.key,
        reason: `superseded: ${winner.key} is later and says ${winner.code}`,
      });
    }
  }

  const result: ProductRow[] = [];
  const present = new Map<
    string,
    {
      readonly image: string;
      readonly picture: string;
      readonly known: boolean;
      readonly kept: boolean;
    }
  >();
  for (const [i, row] of rows.entries()) {
    const group = groups[i]!;
    const said = latest.get(group);
    if (said === undefined) {
      result.push(row);
      continue;
    }
    const before = present.get(group);
    // An unseen row makes way for what users brought; what they brought before is corrected like any other.
    const kept = !unseen.has(group) || row.origin === "feedback";
    present.set(group, {
      image: before?.image || row.image,
      picture: before?.picture || row.picture,
      known: row.code === said.code && (before?.known ?? true),
      kept: kept || (before?.kept ?? false),
    });
    if (!kept) continue;
    result.push(row.code === said.code ? row : corrected(row, said));
  }
  for (const [group, said] of latest) {
    const there = present.get(group);
    if (there?.kept) {
      if (there.known) {
        setAside.push({
          key: said.key,
          reason: `known: the data has this product as ${said.code}`,
        });
      } else merged.push(said.key);
      continue;
    }
    result.push(toRow(said, { image: there?.image ?? "", picture: there?.picture ?? "" }));
    merged.push(said.key);
  }
  result.sort((a, b) => a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  setAside.sort((a, b) => a.key < b.key ? -1 : 1);
  return { rows: result, merged: merged.sort(), setAside, conflicts };
}

/**
 * Lays what feedback gave or corrected over freshly read rows, so that ingesting again forgets nothing.
 *
 * Matched by content group, never by id: where ids are positions, another file gives them to other products.
 * A product that feedback gave replaces the fresh rows of its group; one that it corrected lends them its code; one
 * that is in the files no more stays.
 */
export function overlayFeedback(
  fresh: Iterable<ProductRow>,
  feedbackRows: readonly ProductRow[],
): ProductRow[] {
  const said = new Map(feedbackRows.map((row) => [contentGroup(row), row]));
  const matched = new Set<string>();
  const ids = new Set<string>();
  const result: ProductRow[] = [];
  for (const row of fresh) {
    const group = said.size === 0 ? "" : contentGroup(row);
    const feedback = said.get(group);
    if (feedback !== undefined) {
      if (isGiven(feedback)) continue;
      matched.add(group);
    }
    ids.add(row.id);
    result.push(feedback === undefined ? row : corrected(row, feedback));
  }
  for (const [group, row] of said) {
    if (matched.has(group)) continue;
    result.push(ids.has(row.id) ? { ...row, id: `f:${group}` } : row);
  }
  return result;
}

/** Whether feedback brought the row itself and not only its code. */
function isGiven(row: ProductRow): boolean {
  return row.id.startsWith("f:");
}

/** `row` as feedback about it says: with its code, and its picture where the row had none. */
function corrected(
  row: ProductRow,
  { code, picture, source }: Pick<FeedbackRow, "code" | "picture" | "source">,
): ProductRow {
  const mended = { ...row, code, picture: row.picture || picture, origin: "feedback" } as const;
  return source === undefined ? mended : { ...mended, source };
}

/** Id of the row that comes of a piece of feedback. */
function rowId({ key }: FeedbackRow): string {
  return `f:${key}`;
}

/** @param known picture of the row that makes way for it, for feedback that brings none */
function toRow(said: FeedbackRow, known: Pick<ProductRow, "image" | "picture">): ProductRow {
  const { designation, description, code, productId, imageId } = said;
  return {
    id: rowId(said),
    designation,
    description,
    code,
    productId,
    imageId,
    // A picture that a user sent has no name.
    image: said.picture === "" ? known.image : "",
    picture: said.picture || known.picture,
    origin: "feedback",
    ...(said.source === undefined ? {} : { source: said.source }),
  };
}

/** Latest first, whatever offsets the times are written with; at the same time, by key. */
function latestFirst(a: FeedbackRow, b: FeedbackRow): number {
  const [one, other] = [Date.parse(a.at), Date.parse(b.at)];
  if (one !== other) return one > other ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}
