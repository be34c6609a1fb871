/**
 * What a search asks for, as data: conditions and order over named fields.
 *
 * Which fields there are and how they lie in tables is not known here: see `hub/registry/search`.
 *
 * @module
 */
import { AppError } from "@aisle/shared/errors";

/** What kind of thing a field names. */
export type Entity = "metrics" | "params" | "tags" | "attributes";

/** A field as it stands in a query. */
export interface FieldName {
  readonly entity: Entity;
  readonly name: string;
  /** Of its first character in the text, from 1. */
  readonly position: number;
}

/** Comparisons with one value. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=" | "like" | "ilike";

/** A value to compare with. */
export type Literal = string | number;

/** A condition. A comparison with a field that a row lacks is false; `is null` finds such rows. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly parts: readonly Condition[] }
  | { readonly kind: "not"; readonly part: Condition }
  | {
    readonly kind: "compare";
    readonly field: FieldName;
    readonly op: Comparison;
    readonly value: Literal;
    readonly position: number;
  }
  | {
    readonly kind: "in";
    readonly field: FieldName;
    readonly values: readonly Literal[];
    readonly position: number;
  }
  | { readonly kind: "null"; readonly field: FieldName };

/** One key of an order. Rows without the field come last, whichever way it goes. */
export interface OrderKey {
  readonly field: FieldName;
  readonly descending: boolean;
}

/** A whole query; null finds everything. */
export interface Query {
  readonly where: Condition | null;
  readonly order: readonly OrderKey[];
}

/** An error that names the place: `position` counts characters from 1. */
export function queryError(position: number, rule: string, value: string): AppError {
  const shown = value === "" ? "the end" : value.slice(0, 60);
  return new AppError(
    "input-invalid",
    `Cannot read the query at position ${position}: ${rule}: current value is ${shown}`,
    { details: { position } },
  );
}
