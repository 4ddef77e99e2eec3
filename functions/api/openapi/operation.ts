import type { ErrorName } from "../../../core/errors.ts";
import type { Json } from "../../../lib/json.ts";

/** A JSON Schema (2020-12), or what OpenAPI has in its place. */
export type Schema = { readonly [keyword: string]: Json | readonly Json[] | Schema | readonly Schema[] };

/** What a method of an endpoint takes and answers, beside what all of them do. */
export interface Operation {
  /** Generated clients name their functions after it; Kinto's own where Kinto has the endpoint. */
  readonly id: string;
  readonly tag: string;
  /** One sentence. */
  readonly about: string;
  /** Names in `parameters`. */
  readonly parameters?: readonly string[];
  /** Parameters of its own, as OpenAPI writes them. */
  readonly own?: readonly Schema[];
  /** By media type. */
  readonly body?: Readonly<Record<string, Schema>>;
  /** Whether there must be one. */
  readonly requiresBody?: boolean;
  /** By status, such as `200`, or by its first digit: `2XX`. */
  readonly answers: Readonly<Record<string, Answered>>;
  readonly fails?: readonly ErrorName[];
}

export interface Answered {
  readonly about: string;
  /** Names in HEADERS. */
  readonly headers?: readonly string[];
  /** Of the body, where it is JSON; there is none when absent. */
  readonly schema?: Schema;
  /** Whether the body may be of any media type. */
  readonly isAnyType?: boolean;
}

/** Leads to one of the document's schemas. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
