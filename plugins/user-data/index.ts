import { definePlugin, jsonResponse, need } from "@kintoun/kit";
import * as z from "zod";
import { deleteUserDataAction, params } from "./action.ts";
import { deleteUserData } from "./delete-user-data.ts";

const options = z
  .strictObject({
    /** Principals that may delete the data of any user. Default: only other plugins can. */
    deletePrincipals: z.array(z.string().min(1)).default([]),
    /** URIs of objects that are looked through, with all that is in them; `*` is any id. Default: all buckets. */
    objects: z.array(z.string()).min(1).default(["/buckets/*"]),
  })
  .prefault({});

const progress = z.object({ deleted: z.int(), removed: z.int() });

/** Deletes all data of a user on request. */
export const userData = definePlugin({
  name: "user-data",
  about: "Deletes the data of a user: what only the user may write, and the user's id in other objects.",
  url: "https://kinto.readthedocs.io/en/stable/configuration/settings.html",
  config: options,
  needs: ({ objects }) => ({
    data: need.scope(need.data({ write: objects }, { principals: true }), "own-worker"),
    start: need.action(deleteUserDataAction),
  }),
  setup: ({ resources }) => resources,
  routes: {
    "DELETE /__user_data__/:principal": {
      about: "Starts to delete the data of a user.",
      for: "user",
      responses: { 202: "The job that deletes the data." },
      run: async ({ params: { principal }, send }) => {
        const path = `/actions/${deleteUserDataAction.name}`;
        const { status, headers, body } = await send({ method: "POST", path, body: { principal } });
        if (status !== 202) return { status, headers: {}, body: JSON.stringify(body ?? {}) };
        return jsonResponse(
          { data: { principal }, job_id: body?.job_id },
          { status, headers: { Location: headers.Location ?? "" } },
        );
      },
    },
  },
  actions: {
    "delete-user-data": {
      about: "Deletes the data of a user.",
      on: ["server"],
      principals: ({ deletePrincipals }) => deletePrincipals,
      params,
      timeLimit: 7 * 24 * 3600,
      retries: 20,
      run: async ({ params: { principal }, job }, { services: { data } }) => {
        const start = progress.optional().parse(job.state) ?? { deleted: 0, removed: 0 };
        return { ...(await deleteUserData(data, principal, start, (done) => job.checkpoint({ ...done }))) };
      },
    },
  },
  commands: {
    delete: {
      about: "Deletes the data of a user.",
      flags: z.strictObject({ principal: params.shape.principal }),
      run: async ({ flags: { principal }, print, signal }, { services: { data } }) => {
        const onStep = async (): Promise<void> => signal.throwIfAborted();
        const { deleted, removed } = await deleteUserData(data, principal, { deleted: 0, removed: 0 }, onStep);
        print(`${principal}: deleted ${deleted} objects, and removed the user from ${removed} others`);
      },
    },
  },
});
