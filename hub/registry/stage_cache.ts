/**
 * What a stage made from given inputs, so that what has not changed does not run again.
 *
 * The key is the hash of the inputs, params and code of the stage; the output names blobs and is small JSON.
 *
 * @module
 */
import { eq } from "drizzle-orm";
import { stageOutputs } from "../db/schema/mod.ts";
import type { Context } from "./context.ts";

/** One remembered output. */
export interface CachedStage {
  readonly key: string;
  readonly stage: string;
  readonly output: unknown;
  readonly createdAt: string;
}

/** Reads and writes remembered outputs. */
export interface StageCache {
  /** The output, which counts as used now: what is not used for long is removed (`hub/upkeep`). */
  get(key: string): Promise<CachedStage | null>;
  /** The later output stands. */
  put(key: string, stage: string, output: unknown): Promise<void>;
}

/** The outputs kept in `context`'s database. */
export function createStageCache({ database, now }: Context): StageCache {
  return {
    get: (key) =>
      database.write(async (tx) => {
        const row = await tx.update(stageOutputs).set({ usedAt: now() })
          .where(eq(stageOutputs.key, key)).returning().get();
        if (row === undefined) return null;
        const { usedAt: _, ...cached } = row;
        return cached;
      }),
    put: (key, stage, output) =>
      database.write(async (tx) => {
        const made = { stage, output, createdAt: now() };
        await tx.insert(stageOutputs).values({ key, ...made })
          .onConflictDoUpdate({ target: stageOutputs.key, set: made });
      }),
  };
}
