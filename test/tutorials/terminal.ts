import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter, dirname } from "node:path";
import { lengthen } from "../time-limits.ts";

/** A command that runs in the background, as in a separate terminal. */
export interface Terminal {
  /** The output so far, of both streams. */
  output(): string;
  /**
   * Waits until the output matches a pattern. Rejects if the command ends before, or after a minute.
   *
   * @returns the match with its groups
   */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Interrupts the command, as Ctrl-C does, and waits until it ends. */
  end(): Promise<void>;
}

const TIMEOUT_MS = lengthen(60_000);

/** Starts a shell command, with the Node version of this process. */
export const openTerminal = (command: string, cwd: string): Terminal => {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
  // In a separate process group, so that a signal reaches all processes that the command starts.
  const child = spawn("bash", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = once(child, "close");
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return {
    output: () => output,
    waitFor: async (pattern) => {
      for (const deadline = Date.now() + TIMEOUT_MS; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        if (Date.now() > deadline || hasEnded())
          throw new Error(`${command}\ndid not print ${pattern}, but:\n${output}`);
      }
    },
    end: async () => {
      if (!hasEnded() && child.pid !== undefined) process.kill(-child.pid, "SIGINT");
      await ended;
    },
  };
};
