/**
 * What a call costs: the median and the longest of several, of the whole call (SQL in the database's thread, and turning
 * rows into objects), and of the CPU time of the process meanwhile, which other work on the machine lengthens less.
 *
 * @module
 */
import process from "node:process";

const CALLS = 9;

/** Calls `call` several times and prints what it took. */
export async function measure(what: string, call: () => Promise<unknown>): Promise<void> {
  const walls: number[] = [], cpus: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const begin = performance.now(), used = process.cpuUsage();
    await call();
    walls.push(performance.now() - begin);
    const { user, system } = process.cpuUsage(used);
    cpus.push((user + system) / 1000);
  }
  const shown = (times: number[]) => {
    times.sort((a, b) => a - b);
    return `median ${times[CALLS >> 1]!.toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms`;
  };
  console.log(`  ${what}: ${shown(walls)}; CPU ${shown(cpus)}`);
}
