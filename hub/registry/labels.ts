/**
 * The labels of a catalogue: owned by the hub, versioned, with a history that is never rewritten.
 *
 * A code is a string, byte for byte, and is never deleted: merging keeps it and says into what.
 *
 * @module
 */

/** One label. */
export interface Label {
  readonly code: string;
  readonly name: string;
  readonly state: "active" | "merged";
  /** The active code that a merged one counts as now. */
  readonly mergedInto: string | null;
}

/** All labels of a catalogue by code, and their version; version 0 has none. */
export interface LabelList {
  readonly version: number;
  readonly labels: readonly Label[];
}

/** A code with its name. */
export interface LabelEntry {
  readonly code: string;
  readonly name: string;
}

/** One change; several entries share a version when one verb made them. */
export interface LabelChange {
  readonly version: number;
  readonly action: "add" | "rename" | "merge";
  readonly code: string;
  /** The new name, or the code merged into. */
  readonly value: string;
  readonly by: string;
  readonly at: string;
}

/** Reads and writes labels. Each change makes a new version; `by` names who asked, "system" when absent. */
export interface Labels {
  list(catalogue: string): Promise<LabelList>;
  /** Adds the codes that are not there; renames nothing; one new version at most. */
  ensure(catalogue: string, entries: readonly LabelEntry[], by?: string): Promise<LabelList>;
  /** @throws {AppError} `conflict` when the code is taken */
  add(catalogue: string, entry: LabelEntry, by?: string): Promise<LabelList>;
  /** @throws {AppError} `unknown-code` */
  rename(catalogue: string, code: string, name: string, by?: string): Promise<LabelList>;
  /** What had been merged into `from` counts as `into` then, too. @throws {AppError} `unknown-code`, `conflict` */
  merge(catalogue: string, from: string, into: string, by?: string): Promise<LabelList>;
  /** The active code that `code` counts as; null when nobody knows it. */
  resolve(catalogue: string, code: string): Promise<string | null>;
  /** Newest first. */
  history(catalogue: string): Promise<LabelChange[]>;
}
