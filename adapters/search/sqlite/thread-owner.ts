import { totalmem } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Failure } from "../../../core/errors.ts";
import { THREAD_READY, type ThreadCall, type ThreadData, type ThreadReply } from "./thread-calls.ts";

/** Limits of the searches of one process. A search beyond them is answered by a 503. */
export interface SearchLimits {
  /** Searches that wait for the thread. */
  readonly waiting: number;
  /** Time from the call to the answer, without the time in which an index follows its list. */
  readonly timeoutMs: number;
  /** Time of a search while others wait for the thread. */
  readonly sharedTimeoutMs: number;
}

export const SEARCH_LIMITS: SearchLimits = { waiting: 64, timeoutMs: 5000, sharedTimeoutMs: 1000 };

/** Maximum time for the changes of one page. */
const APPLY_TIMEOUT_MS = 60_000;
/** A search ends by itself at its time. One that is in a long statement is stopped with its thread a little later. */
const STOP_AFTER_MS = 1000;
/**
 * Maximum memory of the thread: a part of that of the machine or function. A search that needs more ends the thread, not the
 * process.
 */
const MAX_THREAD_HEAP_MB = Math.floor(Math.min(1024, (totalmem() / 2 ** 20) * 0.6));

// The file has another ending when it is compiled.
const THREAD_FILE = new URL(`./search-thread${extname(import.meta.url)}`, import.meta.url);

interface PendingCall {
  readonly call: ThreadCall;
  readonly resolve: (reply: ThreadReply) => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Runs all work on indexes in one thread, so that this one goes on answering other requests. The thread has the open
 * indexes in memory. It starts with the first call. One whose call takes too long is stopped and replaced, and the next
 * reads the indexes from their files.
 */
export class ThreadOwner {
  readonly #data: ThreadData;
  readonly #limits: SearchLimits;
  readonly #waiting: PendingCall[] = [];
  /** Number of waiting calls, which the thread sees too. */
  readonly #waitingCount = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #thread: Worker | undefined;
  #running: PendingCall | undefined;
  #isClosed = false;
  /** Whether the thread takes calls. */
  #isReady = false;

  constructor({ folder, maxBytes }: Pick<ThreadData, "folder" | "maxBytes">, limits: SearchLimits) {
    const { timeoutMs, sharedTimeoutMs } = limits;
    this.#data = { folder, maxBytes, timeoutMs, sharedTimeoutMs, waiting: this.#waitingCount };
    this.#limits = limits;
  }

  /**
   * Runs a call.
   * @throws Failure BACKEND when a search takes too long, or too many are waiting
   */
  async call(
    call: ThreadCall,
  ): Promise<Exclude<ThreadReply, { tooExpensive: string } | { full: true } | { error: string }>> {
    if (this.#isClosed) throw new Error("The search engine is closed");
    if (call.call === "search" && this.#waiting.length >= this.#limits.waiting)
      throw new Failure("BACKEND", { message: "Too many searches are waiting. Please retry." });
    const reply = await new Promise<ThreadReply>((resolve) => {
      const pending: PendingCall = { call, resolve, timer: undefined };
      this.#waiting.push(pending);
      this.#countWaiting();
      if (this.#isReady) this.#limitTime(pending);
      this.#runNext();
    });
    if ("error" in reply) throw new Error(`The search index failed: ${reply.error}`);
    if ("full" in reply)
      throw new Failure("BACKEND", {
        message: "There is no room for the index of this collection. Use OpenSearch for collections of this size.",
      });
    if ("tooExpensive" in reply)
      throw new Failure("BACKEND", {
        message: `The search ${reply.tooExpensive}. Use a smaller size, or fewer or narrower clauses.`,
      });
    return reply;
  }

  /** Stops the thread. Running and waiting calls fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pending of this.#waiting.splice(0)) settle(pending, CLOSED);
    if (this.#running !== undefined) settle(this.#running, CLOSED);
    this.#running = undefined;
    await this.#thread?.terminate();
  }

  #countWaiting(): void {
    Atomics.store(this.#waitingCount, 0, this.#waiting.length);
  }

  #runNext(): void {
    if (this.#running !== undefined || this.#isClosed) return;
    const next = this.#waiting.shift();
    this.#countWaiting();
    if (next === undefined) return;
    this.#thread ??= this.#startThread();
    this.#running = next;
    if (this.#isReady) this.#limitTime(next);
    this.#thread.ref();
    this.#thread.postMessage(next.call);
  }

  #startThread(): Worker {
    const thread = new Worker(THREAD_FILE, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: MAX_THREAD_HEAP_MB },
    });
    const finish = (reply: ThreadReply) => {
      if (this.#thread !== thread) return;
      const running = this.#running;
      this.#running = undefined;
      if (running !== undefined) settle(running, reply);
    };
    thread.on("message", (reply: ThreadReply | typeof THREAD_READY) => {
      if (reply === THREAD_READY) {
        this.#isReady = true;
        for (const pending of [...this.#waiting, ...(this.#running ? [this.#running] : [])]) this.#limitTime(pending);
        return;
      }
      finish(reply);
      thread.unref();
      this.#runNext();
    });
    thread.on("error", ({ code, message }: NodeJS.ErrnoException) =>
      finish(code === "ERR_WORKER_OUT_OF_MEMORY" ? outOfMemory(this.#running?.call) : { error: message }),
    );
    thread.on("exit", () => {
      finish({ error: "The index thread has ended" });
      if (this.#thread === thread) {
        this.#thread = undefined;
        this.#isReady = false;
      }
      this.#runNext();
    });
    return thread;
  }

  /**
   * Limits the time of a call, once: of a search from the call, of others from their turn. The start of the thread does not
   * count.
   */
  #limitTime(pending: PendingCall): void {
    if (pending.timer !== undefined) return;
    if (pending.call.call === "search") this.#giveUpAfter(pending, this.#limits.timeoutMs + STOP_AFTER_MS);
    else if (pending === this.#running) this.#giveUpAfter(pending, APPLY_TIMEOUT_MS);
  }

  #giveUpAfter(pending: PendingCall, timeMs: number): void {
    pending.timer = setTimeout(() => {
      const at = this.#waiting.indexOf(pending);
      if (at >= 0) this.#waiting.splice(at, 1);
      this.#countWaiting();
      if (this.#running === pending) {
        // Its exit starts the next thread: two must not write to a file.
        void this.#thread?.terminate();
        this.#running = STOPPED;
      }
      settle(pending, { tooExpensive: `takes longer than ${this.#limits.timeoutMs / 1000} seconds` });
    }, timeMs);
  }
}

const outOfMemory = (call: ThreadCall | undefined): ThreadReply =>
  call?.call === "search" ? { tooExpensive: "needs too much memory" } : { full: true };

const CLOSED: ThreadReply = { error: "The search engine was closed" };
/** Stands for the call of a thread that is being stopped. */
const STOPPED: PendingCall = { call: { call: "drop", generation: "" }, resolve: () => {}, timer: undefined };

const settle = ({ resolve, timer }: PendingCall, reply: ThreadReply): void => {
  clearTimeout(timer);
  resolve(reply);
};
