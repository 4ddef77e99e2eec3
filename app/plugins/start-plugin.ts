import { UserError } from "../../config/user-error.ts";
import { Failure } from "../../core/errors.ts";
import type { HookPoint } from "../../kit/parts/hook-points.ts";
import type { Interface } from "../../kit/parts/interfaces.ts";
import { findRequired, type PluginInstance, type PluginManifest } from "../../kit/plugin.ts";
import type { AppContext } from "../app-context.ts";
import { runHooksAt } from "./hook-runner.ts";
import { findImplementations } from "./implementations.ts";
import { createResource } from "./resources.ts";
import { withTimeLimit } from "./time-limit.ts";

const SETUP_TIMEOUT_SECONDS = 10;

/** Starts a plugin: creates its resources, then calls its setup. */
export const startPlugin = async (app: AppContext, plugin: PluginManifest): Promise<PluginInstance> => {
  for (const required of findRequired(plugin, app.config.plugins)) await app.start(required);
  const entries = Object.entries(plugin.needs).map(
    async ([name, need]) => [name, await createResource(app, need)] as const,
  );
  const resources = Object.fromEntries(await Promise.all(entries));
  let ready = false;
  // Another plugin may require this one and would wait for it forever.
  const requireReady = (what: string) => {
    if (!ready) throw new TypeError(`it ${what} in its setup. Do so in its parts, after the setup`);
  };
  const own = {
    resources,
    log: app.log.with({}, plugin.logLevel),
    now: app.now,
    use: <Methods extends object>(owned: Interface<Methods>) => {
      if (!plugin.interfaces.some(({ name }) => name === owned.name))
        throw new TypeError(`it uses the interface '${owned.name}' but does not list it in 'interfaces'`);
      return findImplementations(app, owned, () => requireReady(`looks up the implementations of '${owned.name}'`));
    },
    trigger: async <Params extends object>(point: HookPoint<Params>, params: Params) => {
      if (!plugin.hookPoints.some(({ name }) => name === point.name))
        throw new TypeError(
          `the plugin '${plugin.name}' triggers '${point.name}' but does not list it in 'hookPoints'`,
        );
      requireReady(`triggers '${point.name}'`);
      await runHooksAt(app, point, params);
    },
  };
  try {
    const started = await withTimeLimit(`Setting up the plugin '${plugin.name}'`, SETUP_TIMEOUT_SECONDS, () =>
      plugin.start(own),
    );
    ready = true;
    app.closing.unshift(started.teardown);
    return started;
  } catch (error) {
    const cause = error instanceof Failure && error.cause instanceof Error ? error.cause : error;
    throw new UserError([
      `The plugin '${plugin.name}' failed to start: ${cause instanceof Error ? cause.message : String(cause)}`,
    ]);
  }
};
