import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";

/** A command that goes on, as in a terminal of its own. */
export interface Terminal {
  /** What it has printed so far, both streams. */
  printed(): string;
  /**
   * Resolves when it has printed that; rejects when it ends without, or when it takes a minute.
   *
   * @returns what it was found as, with its groups
   */
  prints(what: RegExp): Promise<RegExpExecArray>;
  /** Ends it as Ctrl-C does. */
  end(): Promise<void>;
}

const LONGEST = 60_000;

/** Runs a shell's command on the Node that runs this. */
export const openTerminal = (command: string, cwd: string): Terminal => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
  // In a group of its own, as a terminal's: a signal reaches all that the command has begun.
  const child = spawn("bash", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const ended = once(child, "close");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  return {
    printed: () => said,
    prints: async (what) => {
      for (const late = Date.now() + LONGEST; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const found = what.exec(said);
        if (found !== null) return found;
        if (Date.now() > late || hasEnded()) throw new Error(`${command}\nhas not printed ${what}, but:\n${said}`);
      }
    },
    end: async () => {
      if (!hasEnded() && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
      await ended;
    },
  };
};
