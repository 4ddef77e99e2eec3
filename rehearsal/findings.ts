/** A problem in a template, or one that a call revealed. */
interface Finding {
  /** A short name, such as `access-denied`. */
  readonly rule: string;
  /** Logical id of the resource. */
  readonly resource: string;
  readonly message: string;
}

/** Distinct findings that are kept. Further ones are counted only. */
const MAX_FINDINGS = 200;

/** Collects findings, each once. */
export class Findings {
  readonly #found = new Map<string, Finding>();
  #omitted = 0;

  /** @param resource logical id, or what else the finding is about */
  add(rule: string, resource: string, message: string): void {
    const key = JSON.stringify([rule, resource, message]);
    if (this.#found.has(key)) return;
    if (this.#found.size < MAX_FINDINGS) this.#found.set(key, { rule, resource, message });
    else this.#omitted++;
  }

  get all(): readonly Finding[] {
    return [...this.#found.values()];
  }

  /** The findings as lines of text. */
  get lines(): readonly string[] {
    const omitted = this.#omitted === 0 ? [] : [`… and ${this.#omitted} more`];
    return [...this.all.map(({ rule, resource, message }) => `${rule}: ${resource}: ${message}`), ...omitted];
  }
}
