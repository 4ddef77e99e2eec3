import { TrieRouter } from "hono/router/trie-router";
import { decoded } from "./decoded.ts";
import { PREFIX } from "./prefix.ts";

type Params = Readonly<Record<string, string>>;

interface Found<T> {
  readonly found: T;
  readonly params: Params;
}

/** Finds what stands at paths: `:name` stands for one part, `*` at the end for whatever follows; what was added first comes first. */
export class Router<T> {
  readonly #router = new TrieRouter<T>();

  /** @param path without the version's prefix */
  add(path: string, what: T): void {
    this.#router.add("ALL", `${PREFIX}${path}`, what);
  }

  /** @param path with the prefix, percent-encoded */
  find(path: string): Found<T> | undefined {
    return this.all(path)[0];
  }

  /** Everything that stands at a path. */
  all(path: string): readonly Found<T>[] {
    const [all] = this.#router.match("ALL", path) as [[T, Params][]];
    return all.map(([found, params]) => ({
      found,
      params: Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decoded(value)])),
    }));
  }
}
