import type { Plugin } from "../kit/plugin.ts";

/**
 * Returns the plugins whose name none of the others has. Of two with one name in `plugins` and `local`, that of `local`
 * applies on a laptop, and that of `plugins` in AWS.
 */
export const withoutNamesOf = (plugins: readonly Plugin[], others: readonly Plugin[]): readonly Plugin[] =>
  plugins.filter(({ name }) => !others.some((other) => other.name === name));
