/** Cleanup steps. They run in reverse order; a step that fails does not stop the others. */
export class Disposables {
  readonly #steps: (() => unknown)[] = [];
  readonly #onError: (error: unknown) => void;

  /** @param onError Called with each error that a step throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  add(...steps: readonly (() => unknown)[]): void {
    this.#steps.push(...steps);
  }

  async dispose(): Promise<void> {
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
