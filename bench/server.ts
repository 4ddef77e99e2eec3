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

/** The plugins that are measured: a check of a password costs more than most requests. */
export const BENCH_PLUGINS = "basicauth,default-bucket,search,email";

/** Starts the embedded cloud in another process, with its data on disk. */
export const startServer = async (plugins = BENCH_PLUGINS): Promise<RunningServer> => {
  const data = mkdtempSync(join(tmpdir(), "kintoun-bench-"));
  const server = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--data", data], {
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, KINTOUN_PLUGINS: plugins },
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
