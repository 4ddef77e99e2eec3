import type { ErrorName } from "../../core/errors.ts";
import type { Json } from "../../lib/json.ts";

/** A JSON Schema (2020-12), or another object of an OpenAPI document. */
export type Schema = { readonly [keyword: string]: Json | readonly Json[] | Schema | readonly Schema[] };

/** Describes a method of an endpoint in the OpenAPI document, without what all methods have in common. */
export interface Operation {
  /** The name of a generated client's function; Kinto's own for Kinto's endpoints. */
  readonly id: string;
  readonly tag: string;
  /** One sentence. */
  readonly about: string;
  /** Names of the document's common parameters. */
  readonly parameters?: readonly string[];
  /** Other parameters, in OpenAPI's notation. */
  readonly own?: readonly Schema[];
  /** By media type. */
  readonly body?: Readonly<Record<string, Schema>>;
  /** Whether the body is required. */
  readonly requiresBody?: boolean;
  /** By status, such as `200`, or by its first digit: `2XX`. */
  readonly responses: Readonly<Record<string, OperationResponse>>;
  readonly fails?: readonly ErrorName[];
}

export interface OperationResponse {
  readonly about: string;
  /** Names of the document's common headers. */
  readonly headers?: readonly string[];
  /** The schema of a JSON body; no body if absent. */
  readonly schema?: Schema;
  /** Whether the body may be of any media type. */
  readonly isAnyType?: boolean;
}

/** A reference to one of the document's schemas. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
