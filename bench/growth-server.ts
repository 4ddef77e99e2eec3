import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { constants, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Calls } from "./calls.ts";
import { HEADERS } from "./cases.ts";
import { cpuTime } from "./cpu-time.ts";

/** `drain` first waits until listeners have handled all changes. */
export type CloudCommand = "drain" | "report";

/** The calls to DynamoDB since the last report, and the memory of the process after a garbage collection. */
export interface CloudReport extends Calls {
  readonly heapBytes: number;
  /** The most that the process had since its start. */
  readonly maxRssBytes: number;
}

export interface GrowthServer {
  readonly send: (method: string, path: string, options?: RequestOptions) => Promise<Response>;
  readonly report: (command?: CloudCommand) => Promise<CloudReport>;
  /** Processor time of the cloud and its engines so far, in ms. */
  readonly cpuMs: () => number;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RequestOptions {
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Whether the calls to DynamoDB are counted. Counting them takes memory. */
export type CallMode = "counted" | "uncounted";

/** Starts the embedded cloud on a data folder, in another process. */
export const startGrowthServer = async (folder: string, mode: CallMode = "counted"): Promise<GrowthServer> => {
  const cloud = fork(join(import.meta.dirname, "growth-cloud.ts"), [folder, mode], {
    execArgv: ["--no-warnings", "--expose-gc"],
  });
  const { url } = await nextMessage<{ url: string }>(cloud);
  const close = async () => {
    if (cloud.connected) cloud.disconnect();
    if (cloud.exitCode === null && cloud.signalCode === null) await once(cloud, "exit");
  };
  return {
    send: async (method, path, { body, headers } = {}) => {
      const response = await fetch(path.startsWith("http") ? path : `${url}${path}`, {
        method,
        headers: { ...HEADERS, ...headers },
        ...(body !== undefined && { body }),
      });
      if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return response;
    },
    report: (command = "report") => {
      const message = nextMessage<CloudReport>(cloud);
      cloud.send(command);
      return message;
    },
    cpuMs: () => cpuTime(cloud.pid === undefined ? [] : [cloud.pid]),
    close,
    [Symbol.asyncDispose]: close,
  };
};

const nextMessage = async <Message>(cloud: ChildProcess): Promise<Message> => {
  const abort = new AbortController();
  const exited = once(cloud, "exit", { signal: abort.signal }).then(() => {
    throw new Error("The embedded cloud ended. See its output above.");
  });
  try {
    const [message] = await Promise.race([once(cloud, "message"), exited]);
    return message as Message;
  } finally {
    exited.catch(() => {});
    abort.abort();
  }
};

/** Starts the embedded cloud on a copy of a data folder, which is removed at the end. */
export const startOnCopy = async (folder: string, mode?: CallMode): Promise<GrowthServer> => {
  const copy = mkdtempSync(join(tmpdir(), "kintoun-growth-"));
  const remove = () => rmSync(copy, { recursive: true, force: true });
  try {
    // Copies nothing yet if the file system can share the blocks.
    cpSync(folder, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    const server = await startGrowthServer(copy, mode);
    const close = async () => {
      await server.close();
      remove();
    };
    return { ...server, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    remove();
    throw error;
  }
};
