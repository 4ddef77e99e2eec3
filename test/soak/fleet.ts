import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Told } from "./process.ts";

/** The processes that are killed, and begun anew. */
const ROLES = ["dispatch", "worker", "worker"] as const;

export interface Fleet {
  /** Kills one of them in the midst of what it does, and starts another in its place. @param which any whole number */
  kill(which: number): Promise<void>;
  /** Those that were killed. */
  readonly killed: ReadonlySet<number>;
  readonly kills: Readonly<Record<Told["role"], number>>;
  /** Resolves when the stream was read to its end; tells how many records were handed on by the dispatcher that runs. */
  caughtUp(): Promise<number>;
  stop(): Promise<void>;
}

export const startFleet = async (told: Omit<Told, "role">): Promise<Fleet> => {
  const start = async (role: Told["role"]): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, "process.ts"), [JSON.stringify({ ...told, role } satisfies Told)], {
      execArgv: ["--no-warnings"],
    });
    const ended = once(child, "exit").then(([code]) =>
      Promise.reject(new Error(`A process of the soak (${role}) ended with ${code}; ${told.log} says more`)),
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
      const place = which % ROLES.length;
      const [role, child] = [ROLES[place] ?? "worker", running[place] as ChildProcess];
      await end(child);
      killed.add(child.pid ?? 0);
      kills[role]++;
      running[place] = await start(role);
    },
    caughtUp: async () => {
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
