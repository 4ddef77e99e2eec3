import type { EventFilter } from "../core/events/listener.ts";
import type { Resources } from "../core/resources.ts";
import type { PluginManifest } from "../kit/plugin.ts";

/** Whether functions log their activity: only if a plugin reads it. */
export const recordsActivity = (plugins: readonly PluginManifest[]): boolean =>
  plugins.some(({ needs }) => Object.values(needs).some(({ kind }) => kind === "operations"));

/** All changes, which `dispatch` logs although no listener may receive them. */
export const recordedChanges = ({ all }: Resources): EventFilter => ({
  on: all.flatMap(({ name }) => ["create", "update", "delete"].map((action) => `${name}.${action}`)),
});
