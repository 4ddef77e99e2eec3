import type { EmbeddedCloud } from "../local/cloud.ts";

/**
 * What a plugin's `setup` gave: in the worker of the listener, where one is named; else in the function that set it up first, which is `api`
 * for whatever has a part in answering requests. Each function sets its plugins up for itself.
 */
export const getServices = async (
  { opened }: EmbeddedCloud,
  plugin: string,
  listener: string | undefined,
): Promise<unknown> => {
  const worker = listener === undefined ? undefined : `${plugin}-${listener}`;
  for (const { app: around, listener: of } of opened) {
    if (worker !== undefined && worker !== of) continue;
    for (const [{ name }, started] of around.started) if (name === plugin) return (await started).services;
  }
  const known = [...new Set(opened.flatMap(({ app: around }) => [...around.started.keys()].map(({ name }) => name)))];
  const where = listener === undefined ? "any function" : `the worker of '${listener}'`;
  throw new Error(`The plugin '${plugin}' is not set up in ${where} of this store; set up are: ${known.join(", ")}.`);
};
