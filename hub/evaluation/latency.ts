/**
 * How long one product takes, end to end through the predictor.
 *
 * Predictors are asked in turns, product by product, so that whatever else the machine does hits all of them alike,
 * and of a few tries at each product the fastest counts: what the model costs, not what its neighbours do. Only the
 * ratio of two predictors measured together means something.
 *
 * @module
 */
import type { Predictor, ProductContent } from "@aisle/shared/serving";
import { quantile } from "@aisle/shared/stats";

/** Quantiles over the samples, in milliseconds; 0 without samples. */
export interface Latency {
  readonly samples: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** First runs are several times slow; products asked before the count begins. */
const WARM_UP = 10;
/** Tries at each product: that all of them are disturbed is rare even on a busy machine. */
const TRIES = 3;

/** Latencies of each of `predictors` over the same `products`, taken round and round. */
export async function measureLatency(
  predictors: readonly Predictor[],
  products: readonly ProductContent[],
  options: {
    readonly samples: number;
    readonly clock: () => number;
    readonly warmUp?: number;
    readonly tries?: number;
  },
): Promise<Latency[]> {
  const { samples, clock, warmUp = WARM_UP, tries = TRIES } = options;
  const taken = predictors.map(() => [] as number[]);
  if (products.length === 0) return predictors.map(() => ({ samples: 0, p50Ms: 0, p95Ms: 0 }));
  for (let i = 0; i < warmUp + samples; i++) {
    const product = products[i % products.length]!;
    const fastest = predictors.map(() => Infinity);
    for (let turn = 0; turn < tries * predictors.length; turn++) {
      // Each goes first equally often: the second one finds the product's text in the caches
      const which = (i + turn) % predictors.length;
      const startMs = clock();
      await predictors[which]!.predict([product]);
      fastest[which] = Math.min(fastest[which]!, clock() - startMs);
    }
    if (i >= warmUp) fastest.forEach((ms, which) => taken[which]!.push(ms));
  }
  return taken.map((ms) => ({
    samples: ms.length,
    p50Ms: quantile(ms, 0.5),
    p95Ms: quantile(ms, 0.95),
  }));
}
