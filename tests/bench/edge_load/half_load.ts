/**
 * A load at a mean rate, sent by wrk: a client whose clock does not bunch requests.
 *
 * Deno's timers tick once a millisecond and so send several requests at a time: measured with them, most of the tail was
 * the client's.
 *
 * @module
 */

const SCRIPT = new URL("./half_load.lua", import.meta.url).pathname;
/** Mean pause of a user: long beside a pause of the server, so that arrivals hardly wait for answers. */
const PAUSE_MS = 100;
const UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1_000 };

/** What wrk measured, milliseconds. */
export interface HalfLoad {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Some `rate` requests a second of `folder`, `count` of them by chance, for `seconds`; null where there is no wrk. */
export async function halfLoad(
  port: number,
  { folder, count, rate, seconds }: {
    readonly folder: string;
    readonly count: number;
    readonly rate: number;
    readonly seconds: number;
  },
): Promise<HalfLoad | null> {
  const users = Math.ceil(rate * PAUSE_MS / 1000);
  const args = ["-t1", `-c${users}`, `-d${seconds}s`, "--latency", "-s", SCRIPT];
  args.push(`http://127.0.0.1:${port}`, "--", folder, String(count), String(PAUSE_MS));
  const text = await new Deno.Command("wrk", { args }).output().then(
    ({ stdout }) => new TextDecoder().decode(stdout),
    (error) => {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    },
  );
  if (text === null) return null;
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`requests failed: ${text}`);
  const ms = (percent: number) => {
    const [, value, unit] = new RegExp(`${percent}% +([\\d.]+)(us|ms|s)`).exec(text)!;
    return Number(value) * UNITS[unit!]!;
  };
  const perSecond = Number(/Requests\/sec: +([\d.]+)/.exec(text)![1]);
  return { perSecond, p50: ms(50), p99: ms(99) };
}
