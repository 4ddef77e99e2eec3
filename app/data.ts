import type { Data } from "../core/data.ts";
import { Problem } from "./problem.ts";
import type { Surroundings } from "./resources.ts";

/** The store's objects, for a plugin. */
export const openData = (_: Surroundings, plugin: string): Data => {
  throw new Problem([`The plugin '${plugin}' needs data, which is not there yet.`]);
};
