import type { Log } from "../../core/ports/log.ts";

/** What is to be undone in the end, last first; each step whatever becomes of the others. */
export class Undo {
  readonly #steps: (() => unknown)[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add(...steps: readonly (() => unknown)[]): void {
    this.#steps.push(...steps);
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step();
      } catch (error) {
        this.#log.error("A part of the embedded cloud did not stop", { error });
      }
    }
  }
}
