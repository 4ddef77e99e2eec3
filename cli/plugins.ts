import { type InstalledPlugin, loadInstalledPlugins } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import type { OwnNeed } from "../kit/need.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import { parseCommand } from "./parse-command.ts";
import { type Fact, factsOf } from "./plugin-facts.ts";

const USAGE = "npm run -s kintoun -- plugins [NAME] [--json]";

/** `kintoun plugins`: what is installed, what of it is active, what it does and needs. */
export const run = async (args: readonly string[]): Promise<void> => {
  const { values, positionals } = parseCommand(args, { json: { type: "boolean" } }, USAGE);
  const [name, ...more] = positionals;
  if (more.length > 0) throw new UserError([USAGE]);
  const all = (await loadInstalledPlugins()).map(describe);
  const told = name === undefined ? all : [one(name, all)];
  if (values.json) console.log(JSON.stringify(name === undefined ? told : told[0], null, 2));
  else console.log(name === undefined ? table(all) : told.map(detail).join("\n"));
};

/** What is told of a plugin; `--json` writes it as it is. */
export interface PluginReport {
  readonly name: string;
  readonly about: string;
  readonly version?: string;
  readonly active: boolean;
  /** Whether it runs only where `KINTOUN_PLUGINS` names it. */
  readonly optional: boolean;
  /** What clients know it by, and where they read about it. */
  readonly capability?: string;
  readonly url?: string;
  readonly facts: readonly Fact[];
  readonly needs: Readonly<Record<string, OwnNeed>>;
  /** What is wrong with the options of one that does not run. */
  readonly flaws: readonly string[];
}

export const describe = ({ plugin, optional, active }: InstalledPlugin): PluginReport => {
  const { name, about } = plugin;
  const read = plugin.read();
  if (read.issues !== undefined) {
    const flaws = read.issues.map(({ path, message }) => `${[name, ...path.map(String)].join(".")}: ${message}`);
    return { name, about, active, optional, facts: [], needs: {}, flaws };
  }
  const { version, capability, url, needs } = read.plugin;
  return {
    name,
    about,
    ...(version !== undefined && { version }),
    active,
    optional,
    capability,
    ...(url !== undefined && { url }),
    facts: factsOf(read.plugin),
    needs,
    flaws: [],
  };
};

const one = (name: string, all: readonly PluginReport[]): PluginReport => {
  const found = all.find((plugin) => plugin.name === name);
  if (found !== undefined) return found;
  const names = all.map((plugin) => plugin.name);
  throw new UserError([`There is no plugin '${name}' in kintoun.config.ts. ${didYouMean(name, names)}`]);
};

/** A line about each, and a line about each of its parts. */
export const table = (plugins: readonly PluginReport[]): string => {
  if (plugins.length === 0) return "kintoun.config.ts lists no plugins.";
  const width = Math.max(...plugins.map(({ name }) => name.length));
  return plugins
    .map((plugin) =>
      [`${plugin.name.padEnd(width)}  ${state(plugin).padEnd(8)}  ${plugin.about}`, ...lines(plugin)].join("\n"),
    )
    .join("\n");
};

const detail = (plugin: PluginReport): string =>
  [
    `${plugin.name}: ${plugin.about}`,
    `  ${"state".padEnd(WIDTH)}  ${STATES[state(plugin)]}`,
    ...(plugin.version === undefined ? [] : [`  ${"version".padEnd(WIDTH)}  ${plugin.version}`]),
    ...(plugin.capability === undefined
      ? []
      : [`  ${"capability".padEnd(WIDTH)}  ${plugin.capability}${plugin.url === undefined ? "" : `, ${plugin.url}`}`]),
    ...lines(plugin),
  ].join("\n");

/** Columns of what a part is. */
const WIDTH = 14;

const lines = ({ facts, flaws }: PluginReport): string[] => [
  ...facts.map(({ kind, name, does }) => `  ${kind.padEnd(WIDTH)}  ${name}: ${does}`),
  ...flaws.map((flaw) => `  ${"flaw".padEnd(WIDTH)}  ${flaw}`),
];

const STATES = {
  active: "active",
  optional: "not active: it is optional, and KINTOUN_PLUGINS does not name it",
  off: "not active: KINTOUN_PLUGINS does not name it",
} as const;

const state = ({ active, optional }: PluginReport): keyof typeof STATES =>
  active ? "active" : optional ? "optional" : "off";
