/**
 * Parts rows into train, gold and unseen so that judging stays honest.
 *
 * Whole content groups are assigned, by hash, once: no group is ever in two sets, a gold group stays gold for ever,
 * and what judged never trains. What a picture links with gold later on is set aside. An unseen group may become train
 * (or gold) when users' feedback brings it; nothing leaves train.
 *
 * @module
 */
import { sha256 } from "@aisle/shared/hash";
import type { Params } from "../params.ts";
import type { ProductRow } from "./row.ts";
import { type Group, knownSet, type SetName, toGroups } from "./split_groups.ts";

/** The frozen assignment; serialised as canonical JSON, its lists are sorted. */
export interface SplitState {
  readonly version: 1;
  /** Contents (see `contentGroup`) of each set, also those whose rows are gone by now. */
  readonly gold: readonly string[];
  readonly unseen: readonly string[];
  readonly train: readonly string[];
  /** Ids of the gold rows, by content: a row that joins a gold group later does not judge. */
  readonly goldIds: Readonly<Record<string, readonly string[]>>;
}

/** Rows by set, and what was kept out of all of them. */
export interface Split {
  readonly state: SplitState;
  readonly sets: {
    readonly train: ProductRow[];
    readonly gold: ProductRow[];
    readonly unseen: ProductRow[];
  };
  readonly setAside: { readonly id: string; readonly reason: string }[];
  readonly counts: {
    readonly train: number;
    readonly gold: number;
    readonly unseen: number;
    readonly setAside: number;
    readonly groups: number;
  };
}

/**
 * Assigns every row to a set; earlier assignments stand.
 *
 * @param options.unseenShare share of the non-gold rows kept for simulated users, 0 to 1; 0 gives back what was
 *   kept before
 */
export function splitRows(
  rows: readonly ProductRow[],
  previous: SplitState | null,
  params: Params["split"],
  options: { readonly unseenShare: number },
): Split {
  const groups = toGroups(rows, params.seed);
  const known = knownSets(previous, options.unseenShare);
  const assigned = new Map<string, SetName>();
  const fresh: Group[] = [];
  for (const group of groups) {
    const set = knownSet(group, known);
    if (set === undefined || (set === "unseen" && group.feedback)) fresh.push(group);
    else assigned.set(group.hash, set);
  }
  const [brought, raw] = [true, false].map((f) => fresh.filter((group) => group.feedback === f));
  for (const { hash } of brought!) {
    const gold = unit(`${params.seed}:feedback:${hash}`) < params.feedbackGoldShare;
    assigned.set(hash, gold ? "gold" : "train");
  }
  // Feedback's gold comes on top of goldMaxRows: a full gold set must still see drift and new classes.
  const full = countRows(groups, (g) => !g.feedback && assigned.get(g.hash) === "gold");
  chooseGold(raw!, groups, assigned, params, params.goldMaxRows - full);
  chooseUnseen(raw!, groups, assigned, options.unseenShare);
  judgeNewClasses(brought!, groups, assigned, params);
  return assemble(groups, assigned, known, previous);
}

function knownSets(previous: SplitState | null, unseenShare: number): Map<string, SetName> {
  const known = new Map<string, SetName>();
  for (const hash of previous?.train ?? []) known.set(hash, "train");
  for (const hash of previous?.unseen ?? []) {
    known.set(hash, unseenShare === 0 ? "train" : "unseen");
  }
  for (const hash of previous?.gold ?? []) known.set(hash, "gold");
  return known;
}

/**
 * Gold of new raw groups, class by class: up to `goldShare` of the class's rows, one at least where the class is
 * large enough, all classes together no more than `room` rows.
 */
function chooseGold(
  fresh: readonly Group[],
  all: readonly Group[],
  assigned: Map<string, SetName>,
  params: Params["split"],
  room: number,
): void {
  if (params.goldShare === 0 || room <= 0) return;
  const everyRow = byClass(all);
  const wants: { readonly queue: Group[]; want: number; readonly mustHave: boolean }[] = [];
  for (const [code, queue] of byClass(fresh)) {
    const members = everyRow.get(code)!;
    const total = countRows(members);
    const have = countRows(members, (g) => assigned.get(g.hash) === "gold");
    const newRows = countRows(queue);
    const share = Math.round(params.goldShare * total) - have;
    const mustHave = have === 0 && total >= params.goldMinClassRows;
    const want = Math.max(mustHave ? 1 : 0, Math.min(share, Math.ceil(params.goldShare * newRows)));
    if (want > 0) wants.push({ queue, want, mustHave });
  }
  // Where they do not fit, every class gives way alike, and one row of each comes before a second of any.
  const wanted = wants.reduce((n, w) => n + w.want, 0);
  if (wanted > room) {
    for (const w of wants) {
      w.want = Math.max(w.mustHave ? 1 : 0, Math.floor(w.want * room / wanted));
    }
  }
  let left = room;
  const take = (group: Group) => {
    assigned.set(group.hash, "gold");
    left -= group.rows.length;
    return group.rows.length;
  };
  const taken = wants.map(({ queue, want, mustHave }) => {
    if (!mustHave || want === 0) return 0;
    // A class that is one single group would lose all its rows to gold.
    const other = everyRow.get(queue[0]!.code)!.length > 1;
    const smallest = Math.min(...queue.map((group) => group.rows.length));
    const first = queue.find((group) => group.rows.length <= Math.max(want, smallest));
    return other && first !== undefined && first.rows.length <= left ? take(first) : 0;
  });
  wants.forEach(({ queue, want }, i) => {
    let rows = taken[i]!;
    for (const group of queue) {
      const size = group.rows.length;
      if (assigned.has(group.hash) || rows + size > want || size > left) continue;
      rows += take(group);
    }
  });
}

/** Train and unseen of what is left of the new raw groups: train keeps two rows of each class where it can. */
function chooseUnseen(
  fresh: readonly Group[],
  all: readonly Group[],
  assigned: Map<string, SetName>,
  unseenShare: number,
): void {
  const everyRow = byClass(all);
  for (const [code, queue] of byClass(fresh.filter((group) => !assigned.has(group.hash)))) {
    const have = countRows(everyRow.get(code)!, (g) => assigned.get(g.hash) === "train");
    const rows = countRows(queue);
    const want = Math.max(MIN_TRAIN_ROWS - have, rows - Math.round(unseenShare * rows));
    let train = 0;
    for (const group of queue) {
      if (train >= want) assigned.set(group.hash, "unseen");
      else {
        assigned.set(group.hash, "train");
        train += group.rows.length;
      }
    }
  }
}

/** One row in gold of each class that is large enough, has none there and was brought by feedback just now. */
function judgeNewClasses(
  fresh: readonly Group[],
  all: readonly Group[],
  assigned: Map<string, SetName>,
  params: Params["split"],
): void {
  if (params.feedbackGoldShare === 0 || fresh.length === 0) return;
  const everyRow = byClass(all);
  for (const [code, queue] of byClass(fresh)) {
    const members = everyRow.get(code)!;
    const judged = members.some((group) => assigned.get(group.hash) === "gold");
    if (judged || members.length < 2 || countRows(members) < params.goldMinClassRows) continue;
    assigned.set(queue[0]!.hash, "gold");
  }
}

/** Fewer rows of a class than this teach nothing. */
const MIN_TRAIN_ROWS = 2;

function assemble(
  groups: readonly Group[],
  assigned: ReadonlyMap<string, SetName>,
  known: Map<string, SetName>,
  previous: SplitState | null,
): Split {
  const sets: Split["sets"] = { train: [], gold: [], unseen: [] };
  const setAside: { id: string; reason: string }[] = [];
  const goldIds: Record<string, readonly string[]> = { ...previous?.goldIds };
  for (const group of groups) {
    const set = assigned.get(group.hash)!;
    const judged = set === "gold" && knownSet(group, known) === "gold";
    for (const [content, rows] of group.contents) {
      if (judged && known.get(content) !== "gold") {
        // Whatever set it was in: linked by a picture only now, it may go back there once it no longer is.
        const reason = "touches gold: its picture judges and must not train";
        for (const { id } of rows) setAside.push({ id, reason });
        continue;
      }
      known.set(content, set);
      if (set !== "gold") {
        for (const row of rows) sets[set].push(row);
        continue;
      }
      const frozen = goldIds[content] ?? [];
      const judges = rows.filter((row) => frozen.includes(row.id));
      // None of them there any more (a file with other ids): its rows judge under their new ids.
      const gold = judges.length > 0 ? judges : rows;
      goldIds[content] = [...new Set([...frozen, ...gold.map((row) => row.id)])].sort();
      sets.gold.push(...gold);
      for (const { id } of rows.filter((row) => !gold.includes(row))) {
        setAside.push({ id, reason: "touches gold: the same text judges and must not train" });
      }
    }
  }
  const list = (name: SetName) =>
    [...known].filter(([, set]) => set === name).map(([h]) => h).sort();
  return {
    state: {
      version: 1,
      gold: list("gold"),
      unseen: list("unseen"),
      train: list("train"),
      goldIds,
    },
    sets,
    setAside,
    counts: {
      train: sets.train.length,
      gold: sets.gold.length,
      unseen: sets.unseen.length,
      setAside: setAside.length,
      groups: groups.length,
    },
  };
}

/** Groups by class, each class in its queue's order, classes sorted. */
function byClass(groups: readonly Group[]): Map<string, Group[]> {
  const classes = Map.groupBy(groups, (group) => group.code);
  for (const queue of classes.values()) queue.sort(byOrder);
  return new Map([...classes].sort(([a], [b]) => a < b ? -1 : 1));
}

function byOrder(a: Group, b: Group): number {
  return a.order < b.order ? -1 : a.order > b.order ? 1 : 0;
}

function countRows(
  groups: readonly Group[],
  where: (group: Group) => boolean = () => true,
): number {
  return groups.reduce((n, group) => where(group) ? n + group.rows.length : n, 0);
}

/** A number in [0, 1) that `text` alone decides. */
function unit(text: string): number {
  return parseInt(sha256(text).slice(0, 12), 16) / 2 ** 48;
}
