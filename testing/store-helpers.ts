import { createBus } from "../app/bus.ts";
import { createQueues } from "../app/queue.ts";
import { runPluginCommand } from "../app/run-plugin-command.ts";
import { pluginInbound } from "../config/listeners.ts";
import type { BusEvent } from "../core/ports/bus.ts";
import { DEFAULT_BUS_NAME } from "../kit/parts/inbound.ts";
import { didYouMean } from "../lib/util/nearest.ts";
import type { EmbeddedCloud } from "../local/cloud.ts";

/** Sends events and messages to the inbound parts of a store. */
export const createEventSources = ({ options, opened }: EmbeddedCloud) => ({
  emit: async ({ bus = DEFAULT_BUS_NAME, ...event }: BusEvent & { readonly bus?: string }): Promise<void> => {
    const target = await createBus(options.cloud ?? {}, bus);
    try {
      await target.put([event]);
    } finally {
      await target.close();
    }
  },
  send: async (inbound: string, message: unknown): Promise<void> => {
    const known = pluginInbound(options.config.plugins).map(({ name }) => name);
    if (!known.includes(inbound))
      throw new Error(`There is no inbound part '${inbound}'. ${didYouMean(inbound, known)}`);
    const [first] = opened;
    if (first === undefined) throw new Error("The store is not open");
    const rejected = await createQueues(options, first.app).send([
      { queue: inbound, body: typeof message === "string" ? message : JSON.stringify(message) },
    ]);
    if (rejected.length > 0) throw new Error(`The queue of '${inbound}' rejected the message`);
  },
});

/** A plugin's services in the worker of a listener, or else in the first function that set the plugin up. */
export const getServices = async (
  { opened }: EmbeddedCloud,
  plugin: string,
  listener: string | undefined,
): Promise<unknown> => {
  const worker = listener === undefined ? undefined : `${plugin}-${listener}`;
  for (const { app, listener: queue } of opened) {
    if (worker !== undefined && worker !== queue) continue;
    for (const [{ name }, instance] of app.started) if (name === plugin) return (await instance).services;
  }
  const known = [...new Set(opened.flatMap(({ app }) => [...app.started.keys()].map(({ name }) => name)))];
  const where = listener === undefined ? "any function" : `the worker of '${listener}'`;
  throw new Error(`The plugin '${plugin}' is not set up in ${where} of this store. Set up are: ${known.join(", ")}.`);
};

/**
 * Runs a plugin's command.
 * @throws the command's error, or the issues of its flags
 * @returns the lines that it printed
 */
export const runTestCommand = async (
  { options, url }: EmbeddedCloud,
  plugin: string,
  name: string,
  flags: unknown,
): Promise<readonly string[]> => {
  const owner = options.config.plugins.find((one) => one.name === plugin);
  const command = owner !== undefined && Object.hasOwn(owner.commands, name) ? owner.commands[name] : undefined;
  if (owner === undefined || command === undefined)
    throw new Error(`There is no command '${name}' of a plugin '${plugin}' in this store.`);
  const result = command.flags === undefined ? { value: undefined } : await command.flags["~standard"].validate(flags);
  if (result.issues !== undefined)
    throw new Error(
      result.issues.map(({ path = [], message }) => `${path.map(String).join(".")}: ${message}`).join("\n"),
    );
  const lines: string[] = [];
  await runPluginCommand(options, owner, name, {
    flags: result.value,
    print: (line) => lines.push(line),
    signal: new AbortController().signal,
    url,
  });
  return lines;
};
