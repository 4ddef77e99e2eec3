import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { ProcessAnswer, ProcessOptions, ProcessRequest } from "./process.ts";

const FILE = new URL("./process.ts", import.meta.url);

/** The process ended before it answered. Whether it has done what was requested is unknown. */
export class EndedProcessError extends Error {}

/** A process of the store that can be killed. */
export class StoreProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, PromiseWithResolvers<Omit<ProcessAnswer, "n">>>();
  readonly #log: string[] = [];
  #count = 0;
  #hasEnded = false;

  constructor(options: ProcessOptions) {
    this.#child = fork(FILE, [JSON.stringify(options)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#log.push(text));
    this.#pending.set(0, Promise.withResolvers());
    this.#child.on("message", ({ n, ...answer }: ProcessAnswer) => {
      this.#pending.get(n)?.resolve(answer);
      this.#pending.delete(n);
    });
    this.#child.once("exit", () => {
      this.#hasEnded = true;
      for (const { reject } of this.#pending.values()) reject(new EndedProcessError("The process has ended"));
      this.#pending.clear();
    });
  }

  get log(): string {
    return this.#log.join("");
  }

  async isReady(): Promise<void> {
    await this.#pending.get(0)?.promise;
  }

  /** @throws EndedProcessError */
  async request(method: string, path: string, body?: unknown): Promise<Omit<ProcessAnswer, "n">> {
    if (this.#hasEnded) throw new EndedProcessError("The process has ended");
    const n = ++this.#count;
    const pending = Promise.withResolvers<Omit<ProcessAnswer, "n">>();
    this.#pending.set(n, pending);
    const request: ProcessRequest = { n, method, path, body };
    this.#child.send(request, (error) => {
      if (error !== null) pending.reject(new EndedProcessError(error.message));
    });
    return pending.promise;
  }

  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}
