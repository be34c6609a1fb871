/**
 * Draws trials out of the search space of `params.yaml`.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";
import { canonicalJson } from "@aisle/shared/hash";
import { type Dimension, nearest, type Params, withParams } from "../params.ts";

/** What a trial sets, by `section.name`. */
export type Settings = Readonly<Record<string, unknown>>;

/** How often a trial that is there already is drawn anew. */
const REDRAWS = 100;

/**
 * Distinct trials, at most `trials`; the first sets nothing: it is `params` as they are. Those that `params` themselves
 * would not allow are left out.
 *
 * @throws {AppError} `params-invalid` where the space names what no params have
 */
export function drawTrials(params: Params, random: () => number): Settings[] {
  const { space, trials } = params.tune;
  for (const path of Object.keys(space)) requireKnown(params, path);
  const drawn: Settings[] = [{}], seen = new Set([fingerprint(params, {})]);
  for (let misses = 0; drawn.length < trials && misses < REDRAWS;) {
    const settings = Object.fromEntries(
      Object.entries(space).map(([path, dimension]) => [path, draw(dimension, random)]),
    );
    const mark = allowed(params, settings) ? fingerprint(params, settings) : null;
    if (mark === null || seen.has(mark)) misses++;
    else {
      misses = 0;
      seen.add(mark);
      drawn.push(settings);
    }
  }
  return drawn;
}

/** One value of a dimension. */
export function draw(dimension: Dimension, random: () => number): unknown {
  if ("choices" in dimension) {
    return dimension.choices[Math.floor(random() * dimension.choices.length)];
  }
  const { low, high, log, whole } = dimension;
  if (whole) return Math.min(high, low + Math.floor(random() * (high - low + 1)));
  const value = log ? low * (high / low) ** random() : low + random() * (high - low);
  return Number(value.toPrecision(4));
}

function fingerprint(params: Params, settings: Settings): string {
  return canonicalJson(withParams(params, settings));
}

function allowed(params: Params, settings: Settings): boolean {
  try {
    withParams(params, settings);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function requireKnown(params: Params, path: string): void {
  const [section, name] = path.split(".") as [keyof Params, string];
  const known = Object.keys(params[section]);
  if (known.includes(name)) return;
  const near = nearest(name, known);
  throw new AppError(
    "params-invalid",
    `Cannot tune ${path}: it must be one of the params: current value is unknown` +
      (near === undefined ? "" : `. Did you mean ${section}.${near}?`),
  );
}
