/**
 * Release documents: built from what the registry knows of a bundle, signed, stored with the move of the alias.
 *
 * @module
 */
import { type SigningKey, signRelease } from "@aisle/shared/bundle";
import { AppError } from "@aisle/shared/errors";
import type { ReleaseDocument, SignedRelease } from "@aisle/shared/contract";
import type { AliasState, Sign } from "../registry/aliases.ts";
import type { EdgePin } from "../registry/fleet.ts";
import type { Label } from "../registry/labels.ts";
import type { Registry } from "../registry/registry.ts";
import type { Release } from "../registry/releases.ts";

/** Signs documents with the hub's key. */
export interface ReleaseSigner {
  sign(document: ReleaseDocument): Promise<SignedRelease>;
}

/** A {@linkcode ReleaseSigner} over a key. */
export function createSigner(key: SigningKey): ReleaseSigner {
  return { sign: (document) => signRelease(document, key) };
}

/** Who asks for a change of champion, and why. */
export interface ReleaseRequest {
  readonly catalogue: string;
  readonly by: string;
  readonly why: string;
  /** Revision of the aliases that the caller saw; the present one where it is absent. */
  readonly expectedRevision?: number | undefined;
}

/** Who is to serve what, and why. */
export interface PinRequest {
  readonly catalogue: string;
  readonly edgeId: string;
  readonly digest: string;
  readonly by: string;
  readonly why: string;
}

/** Makes champions. */
export class Releaser {
  readonly #registry: Registry;
  readonly #signer: ReleaseSigner;
  constructor(registry: Registry, signer: ReleaseSigner) {
    this.#registry = registry;
    this.#signer = signer;
  }

  /**
   * Makes `digest` the champion and releases it.
   *
   * @param request.force also where the gate refused it, or never judged it
   * @throws {AppError} `conflict` when the gate has not accepted it; `revision-stale`; `not-found`
   */
  async promote(
    request: ReleaseRequest & { readonly digest: string; readonly force?: boolean | undefined },
  ): Promise<AliasState> {
    const { catalogue, digest, by, why } = request;
    const verdict = await this.#verdict(catalogue, digest);
    if (!request.force && !verdict?.accept) {
      throw new AppError(
        "conflict",
        `Cannot promote ${digest.slice(0, 12)}: the gate ${
          verdict === undefined ? "has not judged it" : "refused it"
        }. Promote it with force if you know better`,
      );
    }
    const expectedRevision = await this.#revision(request);
    const sign = this.#sign(catalogue, "promote");
    const { aliases } = await this.#registry.aliases.promote({
      catalogue,
      digest,
      expectedRevision,
      by,
      why,
      sign,
    });
    return aliases;
  }

  /** Returns to the champion before. @throws {AppError} `conflict` where there is none; `revision-stale` */
  async rollback(request: ReleaseRequest): Promise<AliasState> {
    const { catalogue, by, why } = request;
    const expectedRevision = await this.#revision(request);
    const sign = this.#sign(catalogue, "rollback");
    const { aliases } = await this.#registry.aliases.rollback({
      catalogue,
      expectedRevision,
      by,
      why,
      sign,
    });
    return aliases;
  }

  /** Releases the champion anew, for labels that changed; null where there is no champion. */
  async relabel(
    request: Omit<ReleaseRequest, "expectedRevision"> & {
      readonly sequenceFrom?: number | undefined;
    },
  ): Promise<Release | null> {
    const { catalogue, by, why, sequenceFrom } = request;
    const { champion } = await this.#registry.aliases.get(catalogue);
    if (champion === null) return null;
    const sign = this.#sign(catalogue, "relabel");
    const release = await this.#registry.releases.relabel({
      catalogue,
      by,
      why,
      sign,
      sequenceFrom,
    });
    for (const { edgeId, digest } of await this.#registry.fleet.pins(catalogue)) {
      await this.pin({ catalogue, edgeId, digest, by, why });
    }
    return release;
  }

  /** Lets one edge serve `digest`, whatever the champion is. @throws {AppError} `not-found` */
  async pin(request: PinRequest): Promise<EdgePin> {
    return await this.#registry.fleet.pin({
      ...request,
      sign: this.#sign(request.catalogue, "promote"),
    });
  }

  /**
   * Lets a pinned edge serve what all serve: the champion is released anew, in a document newer than the pin's, which
   * edges that serve it already only note.
   *
   * @throws {AppError} `not-found` when the edge is not pinned; `no-release` without a champion
   */
  async unpin(request: Omit<PinRequest, "digest">): Promise<EdgePin> {
    const { catalogue, edgeId, by, why } = request;
    const { releases, fleet } = this.#registry;
    const pinned = (await fleet.pins(catalogue)).some((pin) => pin.edgeId === edgeId);
    // The release first: should the hub end here, the pin stands and can be taken away again.
    if (pinned) {
      await releases.relabel({ catalogue, by, why, sign: this.#sign(catalogue, "relabel") });
    }
    const gone = await fleet.unpin(catalogue, edgeId);
    if (gone !== null) return gone;
    throw new AppError("not-found", `Cannot unpin ${edgeId}: it is not pinned`);
  }

  async #revision(request: ReleaseRequest): Promise<number> {
    return request.expectedRevision ??
      (await this.#registry.aliases.get(request.catalogue)).revision;
  }

  async #verdict(catalogue: string, digest: string) {
    return (await this.#registry.models.verdicts(digest, { catalogue }))[0];
  }

  /**
   * Builds and signs the document of whatever bundle the transaction settles on. Everything is read inside it, so
   * that a label renamed meanwhile cannot be released over by its old name.
   */
  #sign(catalogue: string, kind: ReleaseDocument["kind"]): Sign {
    const { models, labels: labelStore } = this.#registry;
    return async (sequence, createdAt, digest, audience) => {
      const model = await models.get(digest, { catalogue });
      if (model === null) {
        throw new AppError("not-found", `Cannot release ${digest}: no such bundle`);
      }
      const verdict = await this.#verdict(catalogue, digest);
      const evaluation = (await models.evaluations(digest, { catalogue }))[0];
      const labels = await labelStore.list(catalogue);
      return await this.#signer.sign({
        format: audience === null ? "aisle-release/1" : "aisle-release/2",
        catalogue,
        sequence,
        digest,
        sizeBytes: model.sizeBytes,
        kind,
        runId: model.runId ?? "",
        dataset: model.dataset ?? NO_DIGEST,
        verdict: { accept: verdict?.accept ?? false, digest: verdict?.digest ?? NO_DIGEST },
        metrics: finite(evaluation?.metrics ?? {}),
        labels: {
          version: labels.version,
          entries: servedLabels(labels.labels, model.manifest),
        },
        createdAt,
        ...(audience === null ? {} : { audience }),
      });
    };
  }
}

/** Stands where a bundle has no verdict or no data version on record. */
const NO_DIGEST = "0".repeat(64);

/**
 * Every active label, and those merged into others that the bundle was trained with and still answers: by the name
 * that they count as now.
 */
function servedLabels(
  labels: readonly Label[],
  manifest: unknown,
): { code: string; name: string }[] {
  const answers = new Set((manifest as { classes?: readonly string[] } | null)?.classes);
  const names = new Map(labels.map(({ code, name }) => [code, name]));
  return labels.filter(({ code, state }) => state === "active" || answers.has(code))
    .map(({ code, name, mergedInto }) => ({ code, name: names.get(mergedInto ?? code) ?? name }));
}

/** JSON has no NaN: a figure that does not exist is left out. */
function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
