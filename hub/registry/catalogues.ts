/**
 * Catalogues: the names that everything else belongs to, and their settings.
 *
 * @module
 */

/** One catalogue. */
export interface Catalogue {
  readonly name: string;
  readonly title: string;
  /** ISO 8601, UTC; so is every time of the registry. */
  readonly createdAt: string;
}

/** Free settings of a catalogue, JSON values; `unseenShare` and `source` are the ones in use. */
export type CatalogueSettings = Readonly<Record<string, unknown>>;

/** Reads and writes catalogues. */
export interface Catalogues {
  /** The catalogue of that name, made when absent; a title given later replaces the old one. */
  ensure(name: string, options?: { readonly title?: string | undefined }): Promise<Catalogue>;
  get(name: string): Promise<Catalogue | null>;
  /** Oldest first. */
  list(): Promise<Catalogue[]>;
  /** @throws {AppError} `not-found` */
  settings(name: string): Promise<CatalogueSettings>;
  /**
   * Sets the members of `patch`, keeps the others, removes those that are null; returns them all.
   *
   * @throws {AppError} `not-found`
   */
  setSettings(name: string, patch: CatalogueSettings): Promise<CatalogueSettings>;
}
