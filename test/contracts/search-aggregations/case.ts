import type { Json, JsonObject } from "../../../lib/json.ts";

/** An aggregation over the products of the contract, and the answer. The revisions of hits are left out. */
export type AggregationCase = readonly [what: string, aggregation: Json, answer: JsonObject];
