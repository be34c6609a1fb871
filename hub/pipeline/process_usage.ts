/**
 * What a process and its machine are using, seen from outside: a stage computes for minutes without a pause in which
 * it could tell by itself.
 *
 * On Linux the kernel's own files are read, by `cat`: Deno opens them for nobody who lacks every permission. Where
 * there are none, `ps` tells the same. What cannot be read is left out, and the stage runs on.
 *
 * @module
 */

/** CPU time that a process has taken since it began, and the memory that it holds. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** The machine at one moment. */
export interface MachineUsage {
  /** Processes that run or wait for a core, averaged over a minute. */
  readonly load: number;
  /** Share of the memory that is not available, 0 to 1. */
  readonly memoryUsed: number;
}

/** Ticks of a second in the kernel's files, whatever its own clock (USER_HZ of `proc(5)`). */
const TICKS_PER_SECOND = 100;

/** Usage of the process `pid`; null where it is gone or where nothing tells. */
export async function processUsage(pid: number): Promise<ProcessUsage | null> {
  return Deno.build.os === "linux"
    ? parseProc(await outputOf("cat", [`/proc/${pid}/stat`, `/proc/${pid}/status`]))
    : parsePs(await outputOf("ps", ["-o", "rss=,time=", "-p", String(pid)]));
}

/** Usage of this machine. */
export function machineUsage(): MachineUsage {
  const { total, available } = Deno.systemMemoryInfo();
  return { load: Deno.loadavg()[0]!, memoryUsed: total > 0 ? 1 - available / total : 0 };
}

/** Reads `/proc/PID/stat` followed by `/proc/PID/status`. */
export function parseProc(text: string): ProcessUsage | null {
  // The command's name, in parentheses, may hold spaces and parentheses itself: fields count from the last one.
  const fields = text.slice(text.indexOf(") ", text.lastIndexOf(")", text.indexOf("\n"))) + 2)
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1];
  if (!Number.isFinite(ticks) || resident === undefined) return null;
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentBytes: Number(resident) * 1024 };
}

/** Reads `ps -o rss=,time=`: kilobytes, then `[days-][hours:]minutes:seconds`. */
export function parsePs(text: string): ProcessUsage | null {
  const found = /^\s*(\d+)\s+(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)\s*$/.exec(text);
  if (found === null) return null;
  const [kilobytes, days, hours, minutes, seconds] = found.slice(1).map((part) =>
    Number(part ?? 0)
  ) as [number, number, number, number, number];
  return {
    cpuSeconds: ((days * 24 + hours) * 60 + minutes) * 60 + seconds,
    residentBytes: kilobytes * 1024,
  };
}

/** What a command prints; empty where it is not there or finds nothing. */
async function outputOf(command: string, args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
