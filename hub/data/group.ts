/**
 * Content groups: products with the same content are one, and stay on one side of every split.
 *
 * Two products belong together when their normalised texts are the same, or when they show the same picture and few
 * others do: a picture of many products is a placeholder, which links nothing.
 *
 * @module
 */
import { contentName } from "@aisle/shared/features";
import { sha256 } from "@aisle/shared/hash";
import type { ProductRow } from "./row.ts";

/** A picture of more products than this is a placeholder: it says nothing of any of them. */
export const MAX_PICTURE_PRODUCTS = 5;

/** What a group is made from. */
export type GroupMembers = Pick<ProductRow, "id" | "designation" | "description" | "picture">;

/** Name of a row's own content (see `contentName`); a row without text and picture is a group of its own. */
export function contentGroup(row: GroupMembers): string {
  return contentName(row) ?? sha256(`\u0000id:${row.id}`);
}

/**
 * The content group of each of `rows`: the smallest {@linkcode contentGroup} of all that are linked with it. The
 * order of the rows matters for nothing.
 */
export function contentGroups(rows: readonly GroupMembers[]): string[] {
  const own = rows.map(contentGroup);
  const link = linkedGroups(rows, own);
  return own.map(link);
}

/**
 * Finds what shared pictures link.
 *
 * @param own the {@linkcode contentGroup} of each row
 * @returns a function from one of `own` to the smallest that is linked with it
 */
export function linkedGroups(
  rows: readonly Pick<GroupMembers, "picture">[],
  own: readonly string[],
): (group: string) => string {
  const showing = new PictureGroups();
  rows.forEach(({ picture }, i) => showing.add(picture, own[i]!));
  const parent = new Map<string, string>();
  const find = (group: string): string => {
    let root = group;
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next;
    // Paths are shortened, so that long chains stay cheap.
    while (group !== root) {
      const next = parent.get(group)!;
      parent.set(group, root);
      group = next;
    }
    return root;
  };
  for (const groups of showing.linking()) {
    for (const other of groups) {
      const [a, b] = [find(groups[0]!), find(other)];
      // The smaller name stays the root: it names the group.
      if (a < b) parent.set(b, a);
      else if (b < a) parent.set(a, b);
    }
  }
  return find;
}

/** Which contents show which picture; of a picture's contents only as many are kept as decide. */
export class PictureGroups {
  readonly #groups = new Map<string, string[]>();

  /** One more row: `group` is its {@linkcode contentGroup}. */
  add(picture: string, group: string): void {
    if (picture === "") return;
    const groups = this.#groups.get(picture);
    if (groups === undefined) this.#groups.set(picture, [group]);
    else if (groups.length <= MAX_PICTURE_PRODUCTS && !groups.includes(group)) groups.push(group);
  }

  /** Whether a picture is a placeholder. */
  isPlaceholder(picture: string): boolean {
    return (this.#groups.get(picture)?.length ?? 0) > MAX_PICTURE_PRODUCTS;
  }

  /** All pictures that are placeholders. */
  placeholders(): Set<string> {
    return new Set([...this.#groups.keys()].filter((picture) => this.isPlaceholder(picture)));
  }

  /** Contents that `group` is linked with when it shows `picture` too; none where that is a placeholder. */
  linkedWith(picture: string, group: string): readonly string[] {
    const groups = this.#groups.get(picture) ?? [];
    const all = groups.length + (groups.includes(group) ? 0 : 1);
    return all > MAX_PICTURE_PRODUCTS ? [] : groups;
  }

  /** The contents of each picture that links them. */
  *linking(): Generator<readonly string[]> {
    for (const groups of this.#groups.values()) {
      if (groups.length > 1 && groups.length <= MAX_PICTURE_PRODUCTS) yield groups;
    }
  }
}
