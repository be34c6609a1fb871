/**
 * A made-up catalogue in the challenge's layout: classes share most of their words, so that few rows teach little
 * and many teach more.
 *
 * @module
 */
import { rng } from "@aisle/shared/random";

const CONSONANTS = "bcdfglmnprstvz", VOWELS = "aeiouéè";

/** One made-up product. */
export interface SyntheticProduct {
  readonly designation: string;
  readonly description: string;
  readonly code: string;
}

/** `rows` products of `classes` classes, the same for the same seed. */
export function syntheticProducts(rows: number, classes: number, seed = 1): SyntheticProduct[] {
  const random = rng(seed);
  const pick = <T>(list: ArrayLike<T>): T => list[Math.floor(random() * list.length)]!;
  const word = () =>
    Array.from({ length: 2 + Math.floor(random() * 2) }, () => pick(CONSONANTS) + pick(VOWELS))
      .join("");
  const common = Array.from({ length: 200 }, word);
  const own = Array.from({ length: classes }, () => Array.from({ length: 40 }, word));
  return Array.from({ length: rows }, (_, i) => {
    const k = i % classes;
    const words = (count: number, share: number) =>
      Array.from({ length: count }, () => random() < share ? pick(own[k]!) : pick(common));
    return {
      designation: `${words(4, 0.35).join(" ")} ${i}`,
      description: random() < 0.5 ? words(12, 0.1).join(" ") : "",
      code: String(1000 + 10 * k),
    };
  });
}

/** Writes x.csv and y.csv into `folder`. */
export async function writeChallenge(
  folder: string,
  products: readonly SyntheticProduct[],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const x = products.map((p, i) =>
    `${i},"${p.designation}","${p.description}",${5000 + i},${9000 + i}`
  );
  const y = products.map((p, i) => `${i},${p.code}`);
  await Deno.writeTextFile(
    `${folder}/x.csv`,
    [",designation,description,productid,imageid", ...x, ""].join("\n"),
  );
  await Deno.writeTextFile(`${folder}/y.csv`, [",prdtypecode", ...y, ""].join("\n"));
}
