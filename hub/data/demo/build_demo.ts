/**
 * The demo catalogue: emoji as products, in French, from `emojibase-data` (MIT).
 *
 * Real words and openly licensed, so that the machine can be shown at once; not the quality to expect on products.
 * Pure: whoever calls reads the package's files (`DEMO_FILES`).
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { stringify } from "csv-stringify/sync";
import { challengePicture } from "../pictures.ts";

/** Files to read inside the npm package `emojibase-data`, by member of {@linkcode DemoInputs}. */
export const DEMO_FILES = {
  emoji: "fr/data.json",
  groups: "meta/groups.json",
  messages: "fr/messages.json",
} as const;

/** The parsed files. */
export interface DemoInputs {
  readonly emoji: unknown;
  readonly groups: unknown;
  readonly messages: unknown;
}

/** One product of the demo. */
export interface DemoProduct {
  readonly index: number;
  readonly designation: string;
  readonly description: string;
  readonly productId: string;
  readonly imageId: string;
  readonly code: string;
  /** Code points of the emoji in hex, joined by `-`, upper case: names its picture in other packages. */
  readonly hexcode: string;
  /** What the challenge's layout calls its picture. */
  readonly image: string;
}

/** The catalogue, as records and as the challenge's two files. */
export interface Demo {
  readonly products: readonly DemoProduct[];
  /** Names of the codes, in French, sorted by code. */
  readonly labels: readonly { readonly code: string; readonly name: string }[];
  /** `x.csv`. */
  readonly x: string;
  /** `y.csv`. */
  readonly y: string;
}

/** Groups whose members are things; faces, people, symbols and flags are not. */
const GROUPS = ["animals-nature", "food-drink", "travel-places", "activities", "objects"];
/** Newer emoji have no picture in the packages that draw them. */
const MAX_EMOJI_VERSION = 15;
/** A smaller class can neither be taught nor judged. */
const MIN_CLASS_ROWS = 10;

interface Emoji {
  readonly label: string;
  readonly tags?: readonly string[];
  readonly hexcode: string;
  readonly order?: number;
  /** Version of the emoji standard that brought it. */
  readonly version?: number;
  readonly group?: number;
  readonly subgroup?: number;
}

/**
 * Makes the catalogue: designation = label, description = tags without words of the class's name, code = subgroup.
 *
 * @throws {AppError} `data-invalid` when the files do not look as expected
 */
export function buildDemo(inputs: DemoInputs): Demo {
  const emoji = inputs.emoji as readonly Emoji[];
  const { groups, subgroups } = inputs.groups as Record<
    "groups" | "subgroups",
    Record<string, string>
  >;
  const messages = inputs.messages as { readonly subgroups: { key: string; message: string }[] };
  if (
    !Array.isArray(emoji) || groups === undefined || subgroups === undefined || !messages.subgroups
  ) {
    throw new AppError(
      "data-invalid",
      `Cannot build the demo: ${
        Object.values(DEMO_FILES).join(", ")
      } of emojibase-data are not as expected`,
    );
  }
  const names = new Map(messages.subgroups.map(({ key, message }) => [key, message]));
  const things = emoji.filter(({ group, version }) =>
    GROUPS.includes(groups[String(group)] ?? "") && (version ?? 0) <= MAX_EMOJI_VERSION
  );
  const byCode = Map.groupBy(things, ({ subgroup }) => subgroups[String(subgroup)] ?? "");
  const seen = new Set<string>();
  const products = things
    .filter(({ subgroup }) =>
      byCode.get(subgroups[String(subgroup)] ?? "")!.length >= MIN_CLASS_ROWS
    )
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .flatMap((one): Omit<DemoProduct, "index">[] => {
      const code = subgroups[String(one.subgroup)]!;
      const productId = String(one.order);
      const imageId = one.hexcode.toLowerCase();
      if (seen.has(one.hexcode)) return [];
      seen.add(one.hexcode);
      return [{
        designation: one.label,
        description: describe(one, `${code} ${names.get(code) ?? ""}`),
        productId,
        imageId,
        code,
        hexcode: one.hexcode,
        image: challengePicture(imageId, productId),
      }];
    })
    .map((product, index) => ({ index, ...product }));
  const codes = [...new Set(products.map((product) => product.code))].sort();
  return {
    products,
    labels: codes.map((code) => ({ code, name: names.get(code) ?? code })),
    x: csv([
      ["", "designation", "description", "productid", "imageid"],
      ...products.map((p) => [p.index, p.designation, p.description, p.productId, p.imageId]),
    ]),
    y: csv([["", "prdtypecode"], ...products.map((p) => [p.index, p.code])]),
  };
}

/** Tags of an emoji but those with a word of its class's name: they would tell the answer. */
function describe({ tags }: Emoji, className: string): string {
  const forbidden = new Set(stems(className));
  return (tags ?? []).filter((tag) => !stems(tag).some((stem) => forbidden.has(stem))).join(", ");
}

/** Words without accents and plural endings; short ones (`de`, `et`) say nothing. */
function stems(text: string): string[] {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return (plain.match(/\p{L}+/gu) ?? []).map((word) => word.replace(/[sx]$/, ""))
    .filter((word) => word.length > 2 && word !== "par" && word !== "autre");
}

function csv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(rows as (string | number)[][], { record_delimiter: "\n" });
}
