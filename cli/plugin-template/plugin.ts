import type { PartName } from "./parts.ts";

/** A plugin that is to be written. */
export interface NewPlugin {
  readonly name: string;
  /** What the sources call it. */
  readonly identifier: string;
  /** One sentence. */
  readonly description: string;
  /** As npm writes it, such as `Ada Lovelace <ada@example.org>`; nobody in particular when `undefined`. */
  readonly author: string | undefined;
  /** An SPDX expression, or `UNLICENSED`. */
  readonly license: string;
  readonly parts: readonly PartName[];
}

/** What a new plugin is written against. */
export interface Versions {
  /** Of the kit. */
  readonly kit: string;
  readonly types: string;
  readonly typescript: string;
  readonly zod: string;
}

/** By path in the plugin's folder. */
export type Files = Readonly<Record<string, string>>;

/** The name under which npm knows it. */
export const packageName = (name: string): string => `kintoun-plugin-${name}`;

/** The plugin's name in sources: `myNotes` for `my-notes`; what means something else there is told apart by an ending. */
export const identifierOf = (name: string): string => {
  const identifier = camelCase(name);
  return TAKEN.has(identifier) ? `${identifier}Plugin` : identifier;
};

const camelCase = (name: string): string =>
  name.replace(/-+([a-z0-9])?/g, (_, next: string = "") => next.toUpperCase());

/** Words of the language, and names that the templates give to something else. */
const TAKEN = new Set(
  `arguments as async await break case catch class const continue debugger default delete do else enum eval export extends false finally for from function
  get if implements import in instanceof interface let new null of package private protected public return set static super switch this throw true try type
  typeof undefined using var void while with yield
  after assert before body count define-config define-hook-point define-interface define-plugin describe expect heard headers indexing it job json keeper need number opening options place points record refuse status
  store taken test test-store told tokens user-with wording z`
    .split(/\s+/)
    .map((name) => camelCase(name)),
);
