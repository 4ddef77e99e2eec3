import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { InstanceMessage, Invocation } from "./messages.ts";

const RUN_HANDLER = fileURLToPath(new URL("run-handler.ts", import.meta.url));
/** Lambda gives the start of a function ten seconds. This machine starts many at a time. */
const INIT_TIMEOUT_MS = 30_000;

interface InstanceOptions {
  /** Folder of the code. */
  readonly folder: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder of compiled code, which the processes share. */
  readonly compileCache: string;
  /** Receives each line of the log. */
  readonly onLine: (line: string) => void;
}

/** An error of a function, named as in Lambda. */
export class FunctionError extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

/** A process that runs one invocation of a function at a time. */
export class Instance {
  readonly #child: ChildProcess;
  readonly #ready: Promise<void>;

  constructor({ folder, handler, memoryMb, environment, compileCache, onLine }: InstanceOptions) {
    this.#child = spawn(
      process.execPath,
      [`--max-old-space-size=${memoryMb}`, RUN_HANDLER, folder, handler, compileCache],
      {
        cwd: folder,
        env: { ...environment },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        serialization: "json",
      },
    );
    for (const stream of [this.#child.stdout, this.#child.stderr]) readLines(stream, onLine);
    this.#ready = this.#receive(INIT_TIMEOUT_MS, "Sandbox.InitTimedout", "The function did not start").then(
      () => undefined,
    );
    // Reported by the first invocation.
    this.#ready.catch(() => undefined);
  }

  /** Calls the handler. @param timeoutMs the process is killed after it */
  async invoke(createInvocation: () => Invocation, timeoutMs: number): Promise<unknown> {
    await this.#ready;
    const received = this.#receive(
      timeoutMs,
      "Sandbox.Timedout",
      `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
    );
    this.#child.send(createInvocation());
    return received;
  }

  /** Waits for the next message. */
  #receive(timeoutMs: number, errorType: string, message: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const child = this.#child;
      const end = () => {
        clearTimeout(timer);
        child.off("message", onMessage);
        child.off("exit", onExit);
      };
      const timer = setTimeout(() => {
        end();
        child.kill("SIGKILL");
        reject(new FunctionError(errorType, message));
      }, timeoutMs);
      const onMessage = (received: InstanceMessage) => {
        end();
        if (received.kind === "error") reject(new FunctionError(received.error.errorType, received.error.errorMessage));
        else resolve(received.kind === "result" ? received.result : undefined);
      };
      const onExit = (code: number | null, signal: string | null) => {
        end();
        reject(new FunctionError("Runtime.ExitError", `The process ended (${signal ?? `exit code ${code}`})`));
      };
      child.on("message", onMessage);
      child.once("exit", onExit);
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

const readLines = (stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void => {
  let rest = "";
  stream?.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  });
};
