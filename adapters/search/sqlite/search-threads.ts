import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Failure } from "../../../core/errors.ts";
import type { FoundDocuments } from "./search-index.ts";
import type { SearchCall, SearchReply } from "./search-thread.ts";

/** Limits of the searches of one process. A busy limit is answered by a 503. */
export interface SearchLimits {
  readonly threads: number;
  /** Searches that wait for a thread. */
  readonly waiting: number;
  /** Time from the call to the answer. */
  readonly timeoutMs: number;
}

export const SEARCH_LIMITS: SearchLimits = { threads: 2, waiting: 64, timeoutMs: 5000 };

/** Maximum memory of a thread. A search that needs more ends its thread, not the process. */
const MAX_THREAD_HEAP_MB = 512;

// The file has another ending when it is compiled.
const THREAD_FILE = new URL(`./search-thread${extname(import.meta.url)}`, import.meta.url);

interface PendingSearch {
  readonly call: SearchCall;
  readonly resolve: (answer: FoundDocuments) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs searches in threads, so that this one goes on answering other requests. Threads start with the first searches. A
 * thread whose search takes too long is stopped and replaced.
 */
export class SearchThreads {
  readonly #file: string;
  readonly #limits: SearchLimits;
  readonly #threads = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #running = new Map<Worker, PendingSearch>();
  readonly #waiting: PendingSearch[] = [];
  #isClosed = false;

  constructor(file: string, limits: SearchLimits) {
    this.#file = file;
    this.#limits = limits;
  }

  /** Runs a search. Rejects with a 503 {@link Failure} when it takes too long or too many are waiting. */
  search(call: SearchCall): Promise<FoundDocuments> {
    if (this.#isClosed) return Promise.reject(new Error("The search engine is closed"));
    if (this.#waiting.length >= this.#limits.waiting)
      return Promise.reject(new Failure("BACKEND", { message: "Too many searches are waiting. Please retry." }));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(search), this.#limits.timeoutMs);
      const search: PendingSearch = { call, resolve, reject, timer };
      this.#waiting.push(search);
      this.#startNext();
    });
  }

  /** Stops all threads. Their searches fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const search of [...this.#waiting.splice(0), ...this.#running.values()])
      settle(search, { error: "The search engine was closed" });
    this.#running.clear();
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  #startNext(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle.pop() ?? this.#startThread();
      if (thread === undefined) return;
      const search = this.#waiting.shift() as PendingSearch;
      this.#running.set(thread, search);
      thread.ref();
      thread.postMessage(search.call);
    }
  }

  #startThread(): Worker | undefined {
    if (this.#isClosed || this.#threads.size >= this.#limits.threads) return undefined;
    const thread = new Worker(THREAD_FILE, {
      workerData: { file: this.#file },
      resourceLimits: { maxOldGenerationSizeMb: MAX_THREAD_HEAP_MB },
    });
    this.#threads.add(thread);
    const finish = (reply: SearchReply) => {
      const search = this.#running.get(thread);
      this.#running.delete(thread);
      if (search !== undefined) settle(search, reply);
    };
    thread.on("message", (reply: SearchReply) => {
      finish(reply);
      thread.unref();
      this.#idle.push(thread);
      this.#startNext();
    });
    thread.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      finish(code === "ERR_WORKER_OUT_OF_MEMORY" ? { tooExpensive: "needs too much memory" } : { error: message }),
    );
    thread.on("exit", () => {
      finish({ error: "The search thread ended" });
      this.#threads.delete(thread);
      if (this.#idle.includes(thread)) this.#idle.splice(this.#idle.indexOf(thread), 1);
      this.#startNext();
    });
    return thread;
  }

  #giveUp(search: PendingSearch): void {
    const index = this.#waiting.indexOf(search);
    if (index >= 0) this.#waiting.splice(index, 1);
    for (const [thread, running] of this.#running) {
      if (running !== search) continue;
      this.#running.delete(thread);
      // Counts as a thread until it has ended. A statement of SQLite is interrupted between two of its rows.
      void thread.terminate();
    }
    settle(search, { tooExpensive: `takes longer than ${this.#limits.timeoutMs / 1000} seconds` });
  }
}

const settle = ({ resolve, reject, timer }: PendingSearch, reply: SearchReply): void => {
  clearTimeout(timer);
  if ("answer" in reply) resolve(reply.answer);
  else if ("error" in reply) reject(new Error(reply.error));
  else
    reject(
      new Failure("BACKEND", {
        message: `The search ${reply.tooExpensive}. Use a smaller size, or fewer or narrower clauses.`,
      }),
    );
};
