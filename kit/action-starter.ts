import type { StandardSchema } from "./schema.ts";

/**
 * Names an action and its parameters, for plugins that start it. Export it from the plugin that has the action.
 * @example
 * export const deleteWidgets: ActionRef<{ count: number }> = {
 *   plugin: "widgets",
 *   name: "delete-widgets",
 *   params: z.object({ count: z.int() }),
 * };
 */
export interface ActionRef<Params = Record<string, never>> {
  /** The plugin that has the action; the plugin itself when absent. */
  readonly plugin?: string;
  readonly name: string;
  /** The schema of the action's parameters. Only its type is used: the action checks the parameters. */
  readonly params?: StandardSchema<Params, unknown>;
}

/**
 * Where an action is started, and how often.
 * @example
 * const options: StartOptions = { uri: "/buckets/shop/collections/widgets", key: event.id };
 */
export interface StartOptions {
  /** The object that the action is started on; the server when absent. */
  readonly uri?: string;
  /** A further start with the same key returns the same job: 1 to 255 printable ASCII characters without spaces. */
  readonly key?: string;
}

/**
 * Starts jobs of an action.
 * @example
 * const clean = (action: ActionStarter<{ count: number }>): Promise<string> => action.start({ count: 10 });
 */
export interface ActionStarter<Params = Record<string, never>> {
  /**
   * Starts a job as the user `plugin:<name>`. In a hook before a change it is created if the change is committed.
   * @returns the id of the job
   * @throws Failure for invalid parameters, a missing object, or an action that the plugin may not start
   */
  readonly start: (params: Params, options?: StartOptions) => Promise<string>;
}
