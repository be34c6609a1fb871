/**
 * Learning rates over the steps of a run: pure functions of the step.
 *
 * @module
 */

/** The learning rate of step `step`, counted from 1. */
export type Schedule = (step: number) => number;

/** How the learning rate goes. */
export interface ScheduleSettings {
  readonly kind: "constant" | "linear" | "cosine";
  /** The highest rate. */
  readonly rate: number;
  /** Steps in all; unused by `constant` but for the warm-up. */
  readonly steps: number;
  /** Steps in which the rate grows from near 0, evenly. */
  readonly warmup?: number;
  /** The rate at the last step, as a share of the highest. */
  readonly end?: number;
}

/**
 * The schedule of `settings`. After the warm-up `linear` falls along a line and `cosine` along half a wave
 * (I. Loshchilov and F. Hutter, "SGDR", 2017, without restarts); steps beyond the last keep its rate.
 * @throws RangeError where numbers make no schedule
 */
export function scheduleOf(settings: ScheduleSettings): Schedule {
  const { kind, rate, steps, warmup = 0, end = 0 } = settings;
  if (!(rate > 0 && steps >= 1 && warmup >= 0 && warmup < steps && end >= 0 && end <= 1)) {
    throw new RangeError(
      "Cannot make a schedule: rate and steps must be above 0, warmup under steps and end in [0, 1]: " +
        `current value is ${JSON.stringify(settings)}`,
    );
  }
  return (step) => {
    if (step <= warmup) return rate * step / warmup;
    if (kind === "constant") return rate;
    const way = Math.min(1, (step - warmup) / (steps - warmup));
    const left = kind === "linear" ? 1 - way : (1 + Math.cos(Math.PI * way)) / 2;
    return rate * (end + (1 - end) * left);
  };
}
