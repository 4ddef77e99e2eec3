import type { NewPlugin } from "./plugin.ts";

/** An example of a plugin part that works, with its test. */
export interface Part {
  /** A short description. */
  readonly about: string;
  /** The imports from the kit. */
  readonly imports?: readonly string[];
  /** Whether it uses zod. */
  readonly zod?: true;
  /** Code before the definition. */
  readonly before?: (plugin: NewPlugin) => string;
  /** What it adds to `setup`: the field of the context that it uses, and the service that it returns. */
  readonly setup?: { readonly uses?: string; readonly returns: string };
  /** Its fields in the definition: an entry if the field has entries by name, otherwise the value. */
  readonly code: (plugin: NewPlugin) => Partial<Record<Property, string>>;
  readonly tests: (plugin: NewPlugin, write: Dialect) => readonly Test[];
}

interface Test {
  /** Continues the plugin's name: `writes new records to the log`. */
  readonly title: string;
  /** The body of an async function. */
  readonly body: string;
}

/** Writes a test for a test runner. */
export interface Dialect {
  /** Starts a store with the plugin, as `store`. @param call the plugin's call */
  readonly start: (call: string) => string;
  readonly equal: (actual: string, expected: string) => string;
  /** @param promise must reject with this in its message */
  readonly rejects: (promise: string, text: string) => string;
}

/** The fields of a definition in order: whether they have entries by name. */
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

/** Indents the lines of a text. */
export const indent = (text: string, by: number): string => text.replace(/^(?=.)/gm, " ".repeat(by));
