import type { RunningJob } from "../../core/jobs/job.ts";
import { type CoreResource, EXECUTE_PERMISSION, type Resources } from "../../core/resources.ts";
import type { Json } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import { didYouMean } from "../../lib/util/nearest.ts";
import type { PluginContext } from "../context.ts";
import {
  type CollectionFilter,
  collectionFilterIssues,
  type ResolvedCollectionFilter,
  resolveCollectionFilter,
} from "../event-filter.ts";
import type { PluginTypes } from "../plugin.ts";
import type { StandardSchema } from "../schema.ts";
import {
  COLLECTION_FILTER_SHAPE,
  JOB_LIMITS_SHAPE,
  type Named,
  type Part,
  type PartIssue,
  partNameIssues,
  type ShapeOf,
} from "./part.ts";

/**
 * An operation that users start with `POST …/actions/{name}`. It becomes a job, which a worker runs.
 * @example
 * const exportRecords: ActionDefinition<{ format: string }, never, void, void> = {
 *   about: "Exports the records.",
 *   on: ["collection"],
 *   params: z.object({ format: z.string() }),
 *   run: ({ uri, params, job }) => job.note({ uri, format: params.format }),
 * };
 */
export interface ActionDefinition<Params, Own extends string, Config, Services>
  extends CollectionFilter<Config>,
    JobLimits {
  /** One sentence. */
  readonly about: string;
  /** Types of objects that have the action; `server` is the root. */
  readonly on: readonly ("server" | CoreResource | Own)[];
  /** Validates the parameters, one object. Invalid parameters are answered with 400. */
  readonly params?: StandardSchema<unknown, Params>;
  /**
   * The permission required on the object, `write` when absent. `execute` can be granted on buckets, collections and
   * groups, and holds for everything below.
   */
  readonly permission?: "read" | "write" | "execute" | `${string}:create`;
  /** Principals that may start an action of the server. */
  readonly principals?: (config: Config) => readonly string[];
  /** Whether an object has the action only if the data of its collection or bucket lists it in `actions`. */
  readonly optIn?: boolean;
  /** Whether a store in AWS has the action; true when absent. A store on a laptop has it in any case. */
  readonly deployed?: (config: Config) => boolean;
  readonly run: (call: ActionCall<Params>, context: PluginContext<Config, Services>) => JobResult | Promise<JobResult>;
}

/** The result of a job: at most 100,000 bytes of JSON, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: many jobs return nothing
export type JobResult = Json | undefined | void;

/** How long a job may run, and how often. */
export interface JobLimits {
  /** Seconds over all attempts; 3600 when absent. */
  readonly timeLimit?: number;
  /** Retries after the first attempt; 2 when absent. */
  readonly retries?: number;
  /** Seconds for which the result of a job is kept; 7 days when absent. */
  readonly expiry?: number;
}

/** {@link JobLimits} with their defaults. */
export interface ResolvedJobLimits {
  readonly timeLimit: number;
  readonly retries: number;
  readonly expiry: number;
}

export const resolveJobLimits = ({
  timeLimit = 3600,
  retries = 2,
  expiry = 7 * 24 * 3600,
}: JobLimits): ResolvedJobLimits => ({ timeLimit, retries, expiry });

const MAX_JOB_SECONDS = 31 * 24 * 3600;
const MAX_JOB_RETRIES = 100;

export const jobLimitIssues = (path: string, { timeLimit, retries, expiry }: ResolvedJobLimits): PartIssue[] => {
  const inRange = (field: string, value: number, min: number, max: number, unit = ""): PartIssue[] =>
    Number.isInteger(value) && value >= min && value <= max
      ? []
      : [{ path: `${path}.${field}`, message: `must be a whole number${unit} from ${min} to ${max}.` }];
  return [
    ...inRange("timeLimit", timeLimit, 1, MAX_JOB_SECONDS, " of seconds"),
    ...inRange("retries", retries, 0, MAX_JOB_RETRIES),
    ...inRange("expiry", expiry, 1, 10 * MAX_JOB_SECONDS, " of seconds"),
  ];
};

/**
 * The running job: its id, its progress log and its checkpoints.
 * @example
 * const run = async ({ job }: { job: Job }): Promise<void> => job.note({ attempt: job.attempt });
 */
export type Job = RunningJob;

/**
 * The input of an action.
 * @example
 * const run = ({ uri, user, params }: ActionCall<{ days: number }>): string => `${user}: ${uri}, ${params.days} days`;
 */
export interface ActionCall<Params> {
  readonly params: Params;
  /** The object of the action; `null` for the server. */
  readonly uri: string | null;
  /** The user who started it. */
  readonly user: string | null;
  readonly job: Job;
}

export interface ActionsPart<Config, Services, T extends PluginTypes> {
  readonly actions?: {
    readonly [Name in keyof T["actions"]]: ActionDefinition<
      T["actions"][Name],
      NoInfer<T["resources"]>,
      Config,
      NoInfer<Services>
    >;
  };
}

export interface ActionManifest extends ResolvedCollectionFilter, ResolvedJobLimits {
  readonly about: string;
  readonly on: readonly string[];
  readonly params?: StandardSchema;
  readonly permission: string;
  readonly principals: readonly string[];
  readonly optIn: boolean;
  /** Whether a store in AWS has it. */
  readonly deployed: boolean;
}

export type ActionInstance = (call: ActionCall<unknown>) => Promise<Json | undefined>;

export const actions: Part<Named<ActionManifest>, Named<ActionInstance>> = {
  kind: "object",
  shape: {
    about: "text!",
    on: "list!",
    ...COLLECTION_FILTER_SHAPE,
    params: "schema",
    permission: "text",
    principals: "ofOptions",
    optIn: "flag",
    deployed: "function",
    ...JOB_LIMITS_SHAPE,
    run: "function!",
  } satisfies ShapeOf<ActionDefinition<never, never, never, never>>,
  resolve: (definition, config) =>
    mapValues(
      definition.actions,
      ({ about, on, params, permission = "write", principals, optIn = false, deployed, ...rest }) => ({
        about,
        on,
        ...(params && { params }),
        ...resolveCollectionFilter(rest, config),
        permission,
        principals: principals?.(config) ?? [],
        optIn,
        deployed: deployed?.(config) ?? true,
        ...resolveJobLimits(rest),
      }),
    ),
  check: (plugin, { plugins, resources }) => {
    const all = plugins.flatMap((owner) =>
      Object.entries(owner.actions).map(([name, action]) => ({ owner, name, action })),
    );
    return Object.entries(plugin.actions).flatMap(([name, action]) => {
      const path = `actions.${name}`;
      const earlier = all.slice(
        0,
        all.findIndex((one) => one.owner === plugin && one.name === name),
      );
      const other = earlier.find((one) => one.name === name && one.action.on.some((kind) => action.on.includes(kind)));
      const where = action.on.find((kind) => other?.action.on.includes(kind));
      return [
        ...(resources === undefined ? [] : actionIssues(path, action, resources)),
        ...(other === undefined
          ? []
          : [
              {
                path,
                message: `the plugin '${other.owner.name}' already has an action of this name on a ${where}. Rename one.`,
              },
            ]),
        ...collectionFilterIssues(path, action),
        ...jobLimitIssues(path, action),
        ...partNameIssues("actions", { [name]: action }),
      ];
    });
  },
  bind: (definition, context) =>
    mapValues(
      definition.actions,
      ({ run }) =>
        async (call) =>
          (await run(call, context)) ?? undefined,
    ),
};

const actionIssues = (
  path: string,
  { on, optIn, permission }: ActionManifest,
  { all, find }: Resources,
): PartIssue[] => {
  const kinds = ["server", ...all.map(({ name }) => name)];
  return [
    ...on
      .filter((kind) => !kinds.includes(kind))
      .map((kind) => ({ path: `${path}.on`, message: `there is no '${kind}'. ${didYouMean(kind, kinds)}` })),
    ...(on.length === 0 ? [{ path: `${path}.on`, message: `is empty. Add at least one of ${kinds.join(", ")}.` }] : []),
    ...(optIn && on.includes("server")
      ? [
          {
            path: `${path}.optIn`,
            message:
              "the server has no data that could list the action. Remove 'server' from `on`, or define two actions.",
          },
        ]
      : []),
    ...on.flatMap((kind) => {
      const permissions = find(kind)?.permissions;
      return permissions === undefined || permissions.includes(permission) || permission === EXECUTE_PERMISSION
        ? []
        : [
            {
              path: `${path}.permission`,
              message: `a ${kind} has no permission '${permission}'. ${didYouMean(permission, permissions)}`,
            },
          ];
    }),
  ];
};
