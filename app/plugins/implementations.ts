import type { Implementations, Interface } from "../../kit/parts/interfaces.ts";
import type { AppContext } from "../app-context.ts";

/** Those plugins that implement an interface, started when they are first asked for. @param requireReady throws while it is too early to ask them */
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
  // What implements an interface of this name was checked against its type where it was written.
  const all = async () => {
    requireReady();
    return Promise.all(
      implementers.map(async ({ plugin, part }) => (await app.start(plugin)).implementations[part] as Methods),
    );
  };
  return {
    all,
    chain: async (method, value) => {
      let result: unknown = value;
      for (const one of await all()) result = await (one[method] as (given: unknown) => unknown).call(one, result);
      return result as typeof value;
    },
  };
};
