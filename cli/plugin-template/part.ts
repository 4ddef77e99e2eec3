import type { NewPlugin } from "./plugin.ts";

/** A part that a new plugin may have: an example of it that works, and a test of the example. */
export interface Part {
  /** What it is for, in a few words. */
  readonly about: string;
  /** What the sources import from the kit for it. */
  readonly imports?: readonly string[];
  /** Whether it describes data with zod. */
  readonly zod?: true;
  /** What stands before the definition. */
  readonly before?: (plugin: NewPlugin) => string;
  /** What `setup` makes for it: of its tools, what it takes; and what it gives to the plugin's parts. */
  readonly shares?: { readonly takes?: string; readonly gives: string };
  /** What it is in the definition, by property: an entry where the property holds several by name, its value elsewhere. */
  readonly code: (plugin: NewPlugin) => Partial<Record<Property, string>>;
  readonly tests: (plugin: NewPlugin, write: Dialect) => readonly Test[];
}

export interface Test {
  /** Goes on from the plugin's name: `writes new records to the log`. */
  readonly title: string;
  /** Lines of a function that may await. */
  readonly body: string;
}

/** How a test says things to the runner it is written for. */
export interface Dialect {
  /** A store with the plugin in it, as `store`. @param call what makes the plugin */
  readonly start: (call: string) => string;
  readonly equal: (actual: string, expected: string) => string;
  /** @param promise what must reject, with this in its message */
  readonly rejects: (promise: string, text: string) => string;
}

/** Properties of a definition, in their order: whether they hold several parts by name. */
export const PROPERTIES = {
  config: false,
  interfaces: false,
  hookPoints: false,
  setup: false,
  authentication: false,
  resources: true,
  hooks: true,
  listeners: true,
  inbound: true,
  routes: true,
  renderers: true,
  filters: true,
  actions: true,
  schedules: true,
  implementations: true,
  indexes: true,
  publishers: true,
  commands: true,
} as const;
export type Property = keyof typeof PROPERTIES;

/** A text with lines that begin with as much more space. */
export const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, " ".repeat(by));
