import type { CoreResource } from "../core/resources.ts";
import type { StandardSchema } from "./schema.ts";

/**
 * A type of objects that a plugin brings, by name in its `resources`: `device: { about: "A sensor in the field." }`. Its objects have
 * all of the protocol's verbs, permissions (`read`, `write`), preconditions, lists, events (`device.create`) and sharing, as records have.
 */
export interface ResourceDefinition<Siblings extends string = string> {
  /** One sentence. */
  readonly about: string;
  /** What its lists are called in paths, such as `devices`; the name and an `s` when absent. */
  readonly plural?: string;
  /** What its objects stand in: they end with it, and whoever may read or write it may read or write them. At the top level (`/devices`) when absent. */
  readonly parent?: CoreResource | Siblings;
  /** Principals who may create such objects anywhere. When absent: at the top level all who logged in, elsewhere whom the parent lets (`device:create`, `write`). */
  readonly create?: readonly string[];
  /** Principals who may read all of them; when absent, whom objects and their parents let. */
  readonly read?: readonly string[];
  /** Principals who may write all of them; when absent, whom objects and their parents let. */
  readonly write?: readonly string[];
  /** What an object's data must be, without `id` and `last_modified`; anything when absent. */
  readonly schema?: StandardSchema;
}
