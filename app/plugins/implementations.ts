import { type Indexing, indexing } from "../../kit/parts/indexes.ts";
import type { Implementations, Interface } from "../../kit/parts/interfaces.ts";
import type { AppContext } from "../app-context.ts";
import { runIndexCode } from "./hook-run.ts";

/**
 * Finds the plugins that implement an interface. They are started on first use.
 *
 * @param requireReady Throws while the calling plugin is not set up.
 */
export const findImplementations = <Methods extends object>(
  app: AppContext,
  { name }: Interface<Methods>,
  requireReady: () => void,
): Implementations<Methods> => {
  const implementers = app.config.plugins.flatMap((plugin) =>
    Object.entries(plugin.implementations).flatMap(([part, implementation]) =>
      implementation.interface.name === name ? [{ plugin, part }] : [],
    ),
  );
  // The type was checked where the implementation is defined.
  const all = async () => {
    requireReady();
    return Promise.all(
      implementers.map(async ({ plugin, part }) => {
        const methods = (await app.start(plugin)).implementations[part];
        return (name === indexing.name ? readingOnly(app, methods as Indexing) : methods) as Methods;
      }),
    );
  };
  return {
    all,
    chain: async (method, value) => {
      let result: unknown = value;
      for (const one of await all()) result = await (one[method] as (value: unknown) => unknown).call(one, result);
      return result as typeof value;
    },
  };
};

const readingOnly = (app: AppContext, { document }: Indexing): Indexing => ({
  document: (record) => runIndexCode(app, async () => document(record)),
});
