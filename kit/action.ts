import type { Json, JsonObject } from "../core/json.ts";
import type { CoreResource } from "../core/resources.ts";
import type { Places } from "./places.ts";
import type { OptionsSchema } from "./schema.ts";
import type { Tools } from "./tools.ts";

/** Something that users may have done to a place of the store, by `POST …/actions/{name}`: it becomes a job, which is worked on later. */
export interface ActionDefinition<Params, Own extends string, Config, Services> extends Places<Config>, Work {
  /** One sentence. */
  readonly about: string;
  /** Kinds of objects it stands at; `server` is the root. */
  readonly on: readonly ("server" | CoreResource | Own)[];
  /** What it is given, as an object; whoever leaves out something required, or gives something else, gets a 400 that names it. */
  readonly params?: OptionsSchema<unknown, Params>;
  /** The permission that is needed on the object, `write` when absent; of an action of the server, the principals who may have it done. */
  readonly permission?: string;
  readonly principals?: (config: Config) => readonly string[];
  /** Stands only at objects whose collection's or bucket's data list its name in `actions`. */
  readonly optIn?: boolean;
  readonly run: (call: ActionCall<Params>, tools: Tools<Config, Services>) => Json | undefined | Promise<Json | undefined> | Promise<void>;
}

/** How long a job may be worked on, and how often. */
export interface Work {
  /** Seconds in all, over all its tries; 3600 when absent. */
  readonly timeLimit?: number;
  /** Further tries after one that failed; 2 when absent. */
  readonly retries?: number;
  /** Seconds for which a job that ended can be looked at; 7 days when absent. */
  readonly expiry?: number;
}

export interface ActionCall<Params> {
  readonly params: Params;
  /** What it was asked at; `null` for the server. */
  readonly uri: string | null;
  /** Who asked for it. */
  readonly user: string | null;
  readonly job: Job;
}

/** The job that is being worked on. */
export interface Job {
  readonly id: string;
  /** What {@link checkpoint} kept last; `undefined` when nothing was: the work begins anew. */
  readonly state: Json | undefined;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the job is cancelled, or its time is up. */
  readonly signal: AbortSignal;
  /** Adds to what those who look at the job are told, with the time (Elita's `NewJobData`). */
  readonly note: (entry: JsonObject) => Promise<void>;
  /**
   * Keeps how far the work has come. Should this process have to end soon, it does not return: the work goes on in another, from this
   * state. The place to be told, too, that the job was cancelled.
   */
  readonly checkpoint: (state: Json) => Promise<void>;
}
