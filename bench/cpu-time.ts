import { readdirSync, readFileSync } from "node:fs";

/** Ticks of the processor times in /proc take 10 ms. */
const MS_PER_TICK = 10;

interface ProcessTimes {
  readonly parent: number;
  readonly ms: number;
}

/**
 * Returns the processor time that processes and their descendants have used, in ms. Unlike throughput, it hardly depends
 * on what else the machine does. Linux only.
 */
export const cpuTime = (pids: readonly number[]): number => {
  const processes = new Map(
    readdirSync("/proc").flatMap((name): [number, ProcessTimes][] => {
      const times = /^\d+$/.test(name) ? readTimes(name) : undefined;
      return times === undefined ? [] : [[Number(name), times]];
    }),
  );
  const isCounted = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined; at = processes.get(at)?.parent)
      if (pids.includes(at)) return true;
    return false;
  };
  return [...processes].reduce((sum, [pid, { ms }]) => (isCounted(pid) ? sum + ms : sum), 0);
};

/** Own time, and that of children that have ended. `undefined` if the process has ended. */
const readTimes = (pid: string): ProcessTimes | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may contain spaces.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0);
    return { parent: fields[1] ?? 0, ms: ticks * MS_PER_TICK };
  } catch {
    return undefined;
  }
};
