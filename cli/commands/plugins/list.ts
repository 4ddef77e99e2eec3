import { describeParts, type PartReport } from "../../../config/describe-parts.ts";
import { type InstalledPlugin, loadInstalledPlugins } from "../../../config/load-config.ts";
import { UserError } from "../../../config/user-error.ts";
import type { PluginNeed } from "../../../kit/need.ts";
import { didYouMean } from "../../../lib/util/nearest.ts";

interface Output {
  readonly json?: boolean;
}

/** Runs `kintoun plugins`. */
export const runList = async ({ json }: Output): Promise<void> => {
  const reports = (await loadInstalledPlugins()).map(reportPlugin);
  console.log(json ? JSON.stringify(reports, null, 2) : formatPlugins(reports));
};

/** Runs `kintoun plugins show`. */
export const runShow = async (name: string, { json }: Output): Promise<void> => {
  const reports = (await loadInstalledPlugins()).map(reportPlugin);
  const report = reports.find((plugin) => plugin.name === name);
  if (report === undefined) {
    const names = reports.map((plugin) => plugin.name);
    throw new UserError([`kintoun.config.ts has no plugin '${name}'. ${didYouMean(name, names)}`]);
  }
  console.log(json ? JSON.stringify(report, null, 2) : formatPlugin(report));
};

/** An installed plugin, as `--json` prints it. */
export interface PluginReport {
  readonly name: string;
  readonly about: string;
  /** The name in its definition, if the config gives it another one. */
  readonly definition?: string;
  readonly version?: string;
  readonly active: boolean;
  /** Whether it is active only when `KINTOUN_PLUGINS` names it. */
  readonly optional: boolean;
  /** Whether it is active on a laptop only. */
  readonly local: boolean;
  /** The capability in `GET /v1/` and its documentation. */
  readonly capability?: string;
  readonly url?: string;
  readonly parts: readonly PartReport[];
  readonly needs: Readonly<Record<string, PluginNeed>>;
  /** Errors in the options of a plugin that is not active. */
  readonly issues: readonly string[];
}

export const reportPlugin = ({ plugin, optional, local, active }: InstalledPlugin): PluginReport => {
  const { name, about } = plugin;
  const read = plugin.resolve();
  if (read.issues !== undefined) {
    const issues = read.issues.map(({ path, message }) => `${[name, ...path.map(String)].join(".")}: ${message}`);
    return { name, about, active, optional, local, parts: [], needs: {}, issues };
  }
  const { definitionName, version, capability, url, needs } = read.plugin;
  return {
    name,
    about,
    ...(definitionName !== name && { definition: definitionName }),
    ...(version !== undefined && { version }),
    active,
    optional,
    local,
    capability,
    ...(url !== undefined && { url }),
    parts: describeParts(read.plugin),
    needs,
    issues: [],
  };
};

/** A line for each plugin, followed by a line for each of its parts. */
export const formatPlugins = (plugins: readonly PluginReport[]): string => {
  if (plugins.length === 0) return "kintoun.config.ts has no plugins.";
  const width = Math.max(...plugins.map(({ name }) => name.length));
  return plugins
    .map((plugin) =>
      [`${plugin.name.padEnd(width)}  ${stateOf(plugin).padEnd(8)}  ${plugin.about}`, ...formatParts(plugin)].join(
        "\n",
      ),
    )
    .join("\n");
};

const formatPlugin = (plugin: PluginReport): string => {
  const { name, about, definition, version, capability, url } = plugin;
  const field = (label: string, text: string) => `  ${label.padEnd(KIND_WIDTH)}  ${text}`;
  return [
    `${name}: ${about}`,
    ...(definition === undefined ? [] : [field("definition", definition)]),
    field("state", STATES[stateOf(plugin)]),
    ...(version === undefined ? [] : [field("version", version)]),
    ...(capability === undefined ? [] : [field("capability", `${capability}${url === undefined ? "" : `, ${url}`}`)]),
    ...formatParts(plugin),
  ].join("\n");
};

const KIND_WIDTH = 14;

const formatParts = ({ parts, issues }: PluginReport): string[] => [
  ...parts.map(({ kind, name, description }) => `  ${kind.padEnd(KIND_WIDTH)}  ${name}: ${description}`),
  ...issues.map((issue) => `  ${"issue".padEnd(KIND_WIDTH)}  ${issue}`),
];

const STATES = {
  active: "active",
  local: "active here; in AWS only if KINTOUN_PLUGINS names it",
  optional: "not active: it is optional, and KINTOUN_PLUGINS does not name it",
  off: "not active: KINTOUN_PLUGINS does not name it",
} as const;

const stateOf = ({ active, local, optional }: PluginReport): keyof typeof STATES =>
  active ? (local ? "local" : "active") : optional ? "optional" : "off";
