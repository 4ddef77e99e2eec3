import type { JsonObject } from "@kintoun/kit";
import * as z from "zod";
import type { StoreClient } from "./store-client.ts";

/** A tool as Model Context Protocol has it, and what it does. */
export interface Tool<Shape extends z.ZodRawShape = z.ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  /** How a client may treat it: whether it asks the user first, or repeats it. */
  readonly effect: "reads" | "creates" | "replaces" | "deletes";
  readonly run: (input: z.output<z.ZodObject<Shape>>, store: StoreClient) => Promise<JsonObject>;
}

/** Infers the input of a tool. */
export const defineTool = <Shape extends z.ZodRawShape>(tool: Tool<Shape>): Tool => tool as unknown as Tool;

const id = z.string().min(1).max(200);

/** Parameters that several tools have. */
export const PARAMETERS = {
  bucket: id.describe("The id of the bucket."),
  collection: id.describe("The id of the collection."),
  record: id.describe("The id of the record."),
  data: z.record(z.string(), z.unknown()).describe("The fields of the record as a JSON object."),
  last_modified: z
    .int()
    .min(0)
    .describe("last_modified of the record as you have read it. The call fails if the record has changed since."),
  limit: z.int().min(1).max(100).default(20).describe("The number of entries at most."),
  page: z
    .string()
    .min(1)
    .max(20_000)
    .optional()
    .describe("next_page of the previous result, to continue there. Repeat its other arguments."),
} as const;
