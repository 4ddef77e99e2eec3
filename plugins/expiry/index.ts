import { definePlugin, type JsonObject, need, refuse } from "@kintoun/kit";
import { deleteExpired } from "./delete-expired.ts";
import { createDueIndex } from "./due-index.ts";
import { dueTime, findTimeIssue } from "./due-time.ts";
import { findRule, type Options, options, writtenCollections } from "./options.ts";

const buckets = ({ rules }: Options) => [...new Set(rules.flatMap((rule) => rule.buckets))];
const collections = ({ rules }: Options) => [...new Set(rules.flatMap((rule) => rule.collections))];

/** Returns the rule of a record by its URI. */
const findRuleOf = (config: Options, uri: string) => {
  const [, , bucket = "", , collection = ""] = uri.split("/");
  return findRule(config, bucket, collection);
};

/** Deletes records at a time that they name. */
export const expiry = definePlugin({
  name: "expiry",
  about: "Deletes records when they expire.",
  config: options,
  needs: (config) => ({
    state: need.scope(need.state(), "own-worker"),
    data: need.scope(need.data({ write: writtenCollections(config) }), "own-worker"),
  }),
  setup: ({ config, resources: { state, data }, now }) => ({
    index: createDueIndex(state),
    data,
    now,
    /** URIs of the records that the job deletes in this process. */
    deleting: new Set<string>(),
    /** When a record expires; `undefined` if it does not. */
    dueOf: (uri: string, record: JsonObject): number | undefined => {
      const rule = findRuleOf(config, uri);
      return rule && dueTime(rule, record);
    },
  }),
  hooks: {
    before: {
      check: {
        on: ["record.create", "record.update"],
        buckets,
        collections,
        run: (change, { config }) => {
          const rule = findRuleOf(config, change.uri);
          const issue = rule && findTimeIssue(rule, change.new);
          if (issue !== undefined) throw refuse(400, issue);
        },
      },
      // The job has read the record before. It may have got more time since.
      keep: {
        on: ["record.delete"],
        buckets,
        collections,
        run: (change, { services: { deleting, dueOf, now } }) => {
          if (!deleting.has(change.uri)) return;
          const due = dueOf(change.uri, change.old);
          if (due === undefined || due > now()) throw refuse(412, "The record does not expire yet.");
        },
      },
    },
    read: {
      hide: {
        on: ["record.read"],
        buckets,
        collections,
        run: (read, { services: { dueOf, now } }) => {
          const due = dueOf(read.uri, read.data);
          if (due !== undefined && due <= now()) throw refuse(404, "The record has expired.");
        },
      },
    },
  },
  listeners: {
    index: {
      on: ["record.create", "record.update", "record.delete"],
      buckets,
      collections,
      // A later change of a record must not be overtaken.
      ordered: true,
      idempotent: true,
      imports: true,
      run: async (event, { services: { index, dueOf } }) => {
        const [before, after] = [event.old, event.new].map((record) => record && dueOf(event.uri, record));
        if (before !== undefined && before !== after) await index.remove(before, event.uri);
        if (after !== undefined) await index.add(after, event.uri);
      },
    },
  },
  schedules: {
    delete: {
      about: "Deletes expired records.",
      cron: ({ cron }) => cron,
      run: async ({ job }, { services, log }) => deleteExpired({ ...services, job, log }),
    },
  },
});
