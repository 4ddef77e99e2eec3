import type { JsonObject, OwnRequest } from "@kintoun/kit";
import * as z from "zod";
import { requireFeature, type StoreClient, StoreError, toObjectPath, toPath, toRecordsPath } from "./store-client.ts";
import { defineTool, PARAMETERS, type Tool } from "./tool.ts";

const { bucket, collection, record, data, last_modified } = PARAMETERS;

type Place = { readonly bucket: string; readonly collection: string; readonly record: string };

const createRecord = defineTool({
  name: "create_record",
  title: "Create a record",
  description:
    "Creates a record. Fails if its id exists. Describe the collection first: its schema says which fields are valid.",
  input: {
    bucket,
    collection,
    record: record.optional().describe("The id; data.id, or a new one, when absent."),
    data,
  },
  effect: "creates",
  run: async (input, store) => {
    const path = toRecordsPath(input);
    const body = { data: input.data as JsonObject };
    const id = idOf(input);
    return save(
      store,
      id === undefined
        ? { method: "POST", path, body }
        : { method: "PUT", path: `${path}${toPath(id)}`, body, headers: { "if-none-match": "*" } },
    );
  },
});

/** The id of a record to create. POST would return an existing record of the same id. */
const idOf = ({ record, data }: { readonly record?: string | undefined; readonly data: object }) => {
  if (!("id" in data)) return record;
  const { success, data: id } = PARAMETERS.record.safeParse(data.id);
  if (!success) throw new StoreError("data.id is not an id. Send a string, or leave it out.");
  if (record !== undefined && record !== id) throw new StoreError("record and data.id differ. Leave one of them out.");
  return id;
};

const updateRecord = defineTool({
  name: "update_record",
  title: "Replace a record",
  description: "Replaces all fields of a record. Read it first: fields that are not sent are removed.",
  input: { bucket, collection, record, data, last_modified },
  effect: "replaces",
  run: async (input, store) => save(store, { ...changeOf(input, "PUT"), body: { data: input.data as JsonObject } }),
});

const patchRecord = defineTool({
  name: "patch_record",
  title: "Change fields of a record",
  description: "Changes the fields that are sent, and keeps the others.",
  input: { bucket, collection, record, data, last_modified: last_modified.optional() },
  effect: "replaces",
  run: async (input, store) => save(store, { ...changeOf(input, "PATCH"), body: { data: input.data as JsonObject } }),
});

const deleteRecord = defineTool({
  name: "delete_record",
  title: "Delete a record",
  description: "Deletes a record.",
  input: { bucket, collection, record, last_modified },
  effect: "deletes",
  run: async (input, store) => ({ deleted: (await store.request(changeOf(input, "DELETE"))).body.data ?? {} }),
});

const runAction = defineTool({
  name: "run_action",
  title: "Start an action",
  description:
    "Starts an action of a plugin as a job. list_actions lists them with their parameters; read_job shows the job.",
  input: {
    action: z.string().min(1).max(100).describe("The name of the action."),
    object: z.string().max(1000).optional().describe("A path such as /buckets/blog; the store when absent."),
    parameters: z.record(z.string(), z.unknown()).default({}).describe("The parameters of the action."),
  },
  effect: "replaces",
  run: async ({ action, object, parameters }, store) => {
    const path = `${toObjectPath(object)}/actions${toPath(action)}`;
    const send = async () => store.request({ method: "POST", path, body: parameters as JsonObject });
    return (await requireFeature("actions", send)).body;
  },
});

const changeOf = (
  { last_modified, ...place }: Place & { readonly last_modified?: number | undefined },
  method: "PUT" | "PATCH" | "DELETE",
): OwnRequest => ({
  method,
  path: `${toRecordsPath(place)}${toPath(place.record)}`,
  ...(last_modified !== undefined && { headers: { "if-match": `"${last_modified}"` } }),
});

const save = async (store: StoreClient, request: OwnRequest): Promise<JsonObject> => {
  const { body } = await store.request(request);
  return { record: body.data ?? {}, permissions: body.permissions ?? {} };
};

export const WRITE_TOOLS: readonly Tool[] = [createRecord, updateRecord, patchRecord, deleteRecord, runAction];
