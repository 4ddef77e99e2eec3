import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ProcessOptions } from "./process.ts";

/** The processes that are killed and restarted. */
const ROLES = ["dispatch", "worker", "worker"] as const;

export interface Processes {
  /**
   * Kills a process while it works, and starts another in its place.
   * @param which any integer
   */
  kill(which: number): Promise<void>;
  /** Ids of killed processes. */
  readonly killed: ReadonlySet<number>;
  readonly kills: Readonly<Record<ProcessOptions["role"], number>>;
  /** Resolves when the stream was read to its end, with the number of records that the current dispatcher read. */
  catchUp(): Promise<number>;
  stop(): Promise<void>;
}

export const startProcesses = async (options: Omit<ProcessOptions, "role">): Promise<Processes> => {
  const start = async (role: ProcessOptions["role"]): Promise<ChildProcess> => {
    const child = fork(
      join(import.meta.dirname, "process.ts"),
      [JSON.stringify({ ...options, role } satisfies ProcessOptions)],
      {
        execArgv: ["--no-warnings"],
      },
    );
    const ended = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`A process of the soak test (${role}) ended with ${code}; see ${options.log}`)),
    );
    ended.catch(() => undefined);
    await Promise.race([once(child, "message"), ended]);
    return child;
  };
  const end = async (child: ChildProcess) => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  const running = await Promise.all(ROLES.map(start));
  const killed = new Set<number>();
  const kills = { dispatch: 0, worker: 0 };
  return {
    killed,
    kills,
    kill: async (which) => {
      const index = which % ROLES.length;
      const [role, child] = [ROLES[index] ?? "worker", running[index] as ChildProcess];
      await end(child);
      killed.add(child.pid ?? 0);
      kills[role]++;
      running[index] = await start(role);
    },
    catchUp: async () => {
      const [dispatch] = running as [ChildProcess];
      const answer = once(dispatch, "message");
      dispatch.send("caught up?");
      const [{ records }] = (await answer) as [{ records: number }];
      return records;
    },
    stop: async () => {
      await Promise.all(running.map(end));
    },
  };
};
