import type { PartName } from "./parts.ts";

/** A plugin to create. */
export interface NewPlugin {
  readonly name: string;
  /** Its name in the sources. */
  readonly identifier: string;
  /** One sentence. */
  readonly description: string;
  /** Of Semantic Versioning, such as `0.1.0`. */
  readonly version: string;
  /** In npm's format, such as `Ada Lovelace <ada@example.org>`. */
  readonly author: string | undefined;
  /** An http or https URL. */
  readonly homepage: string | undefined;
  /** An SPDX expression, or `UNLICENSED`. */
  readonly license: string;
  readonly parts: readonly PartName[];
}

/** The versions that a new plugin depends on. */
export interface Versions {
  /** The kit's version. */
  readonly kit: string;
  readonly types: string;
  readonly typescript: string;
  readonly zod: string;
}

/** By path in the plugin's folder. */
export type Files = Readonly<Record<string, string>>;

/** Its name on npm. */
export const packageName = (name: string): string => `kintoun-plugin-${name}`;

/** The plugin's name in sources: `myNotes` for `my-notes`. Names with another meaning get an ending. */
export const identifierOf = (name: string): string => {
  const identifier = camelCase(name);
  return RESERVED_NAMES.has(identifier) ? `${identifier}Plugin` : identifier;
};

const camelCase = (name: string): string =>
  name.replace(/-+([a-z0-9])?/g, (_, next: string = "") => next.toUpperCase());

/** Reserved words, and names that the templates use. */
const RESERVED_NAMES = new Set(
  `arguments as async await break case catch class const continue debugger default delete do else enum eval export extends false finally for from function
  get if implements import in instanceof interface let new null of package private protected public return set static super switch this throw true try type
  typeof undefined using var void while with yield
  after assert before body count define-config define-hook-point define-interface define-plugin describe expect headers indexing it job json json-response keeper lines need number opening options record refuse start-test-store status store store-hook-points
  test tokens uri user-with wording z`
    .split(/\s+/)
    .map((name) => camelCase(name)),
);
