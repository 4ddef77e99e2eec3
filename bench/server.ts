import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";

export interface RunningServer {
  /** With `/v1`. */
  readonly url: string;
  /** The processes whose processor time counts, with their descendants. */
  readonly pids: readonly number[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the embedded cloud in another process, with its data on disk. @param plugins all of the config when absent */
export const startServer = async (plugins?: string): Promise<RunningServer> => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  const { KINTOUN_PLUGINS: _, ...env } = process.env;
  const server = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
    cwd: join(import.meta.dirname, ".."),
    env: { ...env, ...(plugins !== undefined && { KINTOUN_PLUGINS: plugins }) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = "";
    server.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      const found = /API +(\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    server.once("exit", () => reject(new Error("The server did not start. See its output above.")));
  });
  return {
    url,
    pids: server.pid === undefined ? [] : [server.pid],
    [Symbol.asyncDispose]: async () => {
      const exited = once(server, "exit");
      server.kill("SIGTERM");
      await exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
};

export const describeMachine = (): string => {
  const processor = `${cpus().length} × ${cpus()[0]?.model ?? "CPU"}`;
  const system = `${process.platform} ${release()}, Node ${process.version}`;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${processor}, ${memory}, ${system}`;
};
