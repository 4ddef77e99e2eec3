import type { HookPoints } from "../../core/hook-points.ts";
import type { Part } from "./part.ts";

/**
 * A named point of an operation at which plugins can run hooks. Created by {@link defineHookPoint}.
 * @example
 * const describe = (point: HookPoint<never>): string => `${point.name}: ${point.about}`;
 */
export interface HookPoint<Params> {
  /** Such as `batch.pre`. The name of a plugin's own point starts with the plugin's name and a dot. */
  readonly name: string;
  /** One sentence: when the hooks run. */
  readonly about: string;
  /**
   * One sentence for each parameter that the hooks receive. A parameter `uri` names the object that the operation
   * concerns, or is `null`. Hooks can then be limited to buckets and collections.
   */
  readonly params: Readonly<Record<keyof Params & string, string>>;
  /** Whether a hook that throws stops the operation. Otherwise its failure is logged. */
  readonly veto: boolean;
}

/**
 * Defines a hook point of a plugin. List it in the plugin's `hookPoints` and run its hooks by `trigger`.
 * @example
 * export const beforeBrewing = defineHookPoint<{ cups: number }>({
 *   name: "kitchen.brew",
 *   about: "Before tea is made.",
 *   params: { cups: "How many cups." },
 *   veto: true,
 * });
 */
export const defineHookPoint = <Params extends object>(point: HookPoint<Params>): HookPoint<Params> => point;

export interface HookPointsPart {
  /** Hook points of the plugin, to which other plugins can attach hooks. */
  readonly hookPoints?: readonly HookPoint<never>[];
}

export const hookPoints: Part<readonly HookPoint<never>[]> = {
  kind: "list",
  resolve: (definition) => definition.hookPoints ?? [],
  check: (plugin) =>
    plugin.hookPoints
      .filter(({ name }) => !name.startsWith(`${plugin.definitionName}.`))
      .map(({ name }) => ({
        path: "hookPoints",
        message: `'${name}' must start with the plugin's name: '${plugin.definitionName}.${name}'.`,
      })),
};

const REQUEST_PARAMS = { method: "The method.", path: "The path without the version." };

const JOB_PARAMS = {
  job_id: "The job.",
  plugin: "The plugin of the job.",
  action: "The action or the schedule.",
  uri: "The object of the action; null for the server.",
  user: "The user who started it.",
};

/**
 * The hook points of the store's own operations.
 * @example
 * definePlugin({
 *   name: "batch-log",
 *   about: "Logs batches.",
 *   hooks: {
 *     at: {
 *       log: {
 *         point: storeHookPoints["batch.post"],
 *         run: ({ requests }, { log }) => log.info("Batch", { size: requests.length }),
 *       },
 *     },
 *   },
 * });
 */
export const storeHookPoints: { readonly [Name in keyof HookPoints]: HookPoint<HookPoints[Name]> } = {
  "request.start": defineHookPoint({
    name: "request.start",
    about: "Before a request is processed.",
    params: {
      ...REQUEST_PARAMS,
      query: "The query without its question mark.",
      headers: "The headers by lower-case name, without credentials.",
    },
    veto: true,
  }),
  "request.end": defineHookPoint({
    name: "request.end",
    about: "After a request is processed, before the response is sent.",
    params: {
      ...REQUEST_PARAMS,
      user: "The user who sent it; null if it is anonymous or was refused before.",
      status: "The status of the response.",
      duration_ms: "The time since the start in milliseconds.",
    },
    veto: false,
  }),
  "user.login": defineHookPoint({
    name: "user.login",
    about: "After the credentials of a request prove a user, once for each user of a request or batch.",
    params: { user: "The user." },
    veto: true,
  }),
  "batch.pre": defineHookPoint({
    name: "batch.pre",
    about: "Before the requests of a batch are processed.",
    params: { user: "The user who sends it.", requests: "Method and path of each request." },
    veto: true,
  }),
  "batch.post": defineHookPoint({
    name: "batch.post",
    about: "After a batch is committed.",
    params: { user: "The user who sent it.", requests: "Method, path and status of each request." },
    veto: false,
  }),
  "purge.pre": defineHookPoint({
    name: "purge.pre",
    about: "Before the contents of a deleted object are removed.",
    params: { uri: "The deleted object." },
    veto: false,
  }),
  "purge.post": defineHookPoint({
    name: "purge.post",
    about: "After the contents of a deleted object are removed.",
    params: { uri: "The deleted object." },
    veto: false,
  }),
  "flush.pre": defineHookPoint({ name: "flush.pre", about: "Before all data is removed.", params: {}, veto: true }),
  "flush.post": defineHookPoint({ name: "flush.post", about: "After all data is removed.", params: {}, veto: false }),
  "job.start": defineHookPoint({
    name: "job.start",
    about: "Before a job runs for the first time.",
    params: JOB_PARAMS,
    veto: true,
  }),
  "job.end": defineHookPoint({
    name: "job.end",
    about: "After a job has ended.",
    params: { ...JOB_PARAMS, status: "succeeded, failed or cancelled." },
    veto: false,
  }),
};
