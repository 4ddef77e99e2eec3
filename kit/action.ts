import type { RunningJob } from "../core/jobs/job.ts";
import type { CoreResource } from "../core/resources.ts";
import type { Json } from "../lib/json.ts";
import type { CollectionFilter } from "./places.ts";
import type { StandardSchema } from "./schema.ts";
import type { PluginContext } from "./tools.ts";

/** Something that users may have done to a place of the store, by `POST …/actions/{name}`: it becomes a job, which is worked on later. */
export interface ActionDefinition<Params, Own extends string, Config, Services>
  extends CollectionFilter<Config>,
    JobLimits {
  /** One sentence. */
  readonly about: string;
  /** Kinds of objects it stands at; `server` is the root. */
  readonly on: readonly ("server" | CoreResource | Own)[];
  /** What it is given, as an object; whoever leaves out something required, or gives something else, gets a 400 that names it. */
  readonly params?: StandardSchema<unknown, Params>;
  /** The permission that is needed on the object, `write` when absent; of an action of the server, the principals who may have it done. */
  readonly permission?: "read" | "write" | `${string}:create`;
  readonly principals?: (config: Config) => readonly string[];
  /** Stands only at objects whose collection's or bucket's data list its name in `actions`. */
  readonly optIn?: boolean;
  readonly run: (call: ActionCall<Params>, tools: PluginContext<Config, Services>) => JobResult | Promise<JobResult>;
}

/** What a job came to, for those who look at it: 100,000 bytes of JSON at most, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: much work comes to nothing that need be told
export type JobResult = Json | undefined | void;

/** How long a job may be worked on, and how often. */
export interface JobLimits {
  /** Seconds in all, over all its tries; 3600 when absent. */
  readonly timeLimit?: number;
  /** Further tries after one that failed; 2 when absent. */
  readonly retries?: number;
  /** Seconds for which a job that ended can be looked at; 7 days when absent. */
  readonly expiry?: number;
}

/** The job that is being worked on. */
export type Job = RunningJob;

export interface ActionCall<Params> {
  readonly params: Params;
  /** What it was asked at; `null` for the server. */
  readonly uri: string | null;
  /** Who asked for it. */
  readonly user: string | null;
  readonly job: Job;
}
