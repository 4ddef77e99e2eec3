import {
  type BeforeHook,
  type CommandDefinition,
  definePlugin,
  type InstanceOptions,
  need,
  type Plugin,
  refuse,
  type ScheduleDefinition,
  type SetupContext,
  splitOptions,
} from "@kintoun/kit";
import * as z from "zod";
import { findSettingsIssue } from "./collection-hooks.ts";
import { openDigests } from "./digests.ts";
import { subscribedEvents, subscribedIds, subscribedPattern } from "./filters.ts";
import { notify, type Services } from "./notify.ts";
import { type EVENTS, groupPattern, isGroupTemplate, type Options, options } from "./options.ts";

type EmailOptions = z.input<typeof options> & InstanceOptions<{ readonly notify: (typeof EVENTS)[number] }>;

/**
 * Sends mail when objects change. Only the parts that the options need are deployed: the schedule only with a digest,
 * the check of metadata only with `collectionHooks`.
 * @example
 * email({ from: "Kintoun <kintoun@example.org>", recipients: ["ops@example.org"], subject: "{new.title} is new" });
 */
export const email = (input: EmailOptions): Plugin => {
  // Invalid options are reported when the config is read.
  const { data: config } = options.safeParse(splitOptions(input).own);
  const checks: Readonly<Record<string, typeof checkSettings>> = config?.collectionHooks
    ? { check: checkSettings }
    : {};
  return definePlugin({
    name: "email",
    about: "Sends mail when objects change.",
    // Clients of kinto-emailer look for this capability.
    ...(config?.collectionHooks && { capability: "emailer", url: "https://github.com/Kinto/kinto-emailer/" }),
    config: options,
    needs: resourceNeeds,
    setup: openServices,
    hooks: { before: checks },
    listeners: {
      notify: {
        on: config === undefined ? ["record.create"] : subscribedEvents(config),
        buckets: (config) => subscribedIds(config, "buckets"),
        collections: (config) => subscribedIds(config, "collections"),
        where: subscribedPattern,
        run: async (event, { config, services, log, signal }) => {
          await notify(event, config, services, log);
          await services.digests.sendRemaining(log, signal);
        },
      },
    },
    commands: { test: testCommand },
    schedules: config?.hooks.some(({ digest }) => digest !== undefined) ? { digest: digestSchedule } : {},
  })(input);
};

const resourceNeeds = (config: Options) => {
  const { from, via } = config;
  const mail =
    via === "ses" ? { via } : { via, password: via.password && need.parameter("smtp-password", via.password) };
  return {
    mail: need.scope(need.mail({ from, ...mail }), "own-worker"),
    data: need.scope(need.data({ read: readableUris(config) }), "own-worker"),
    state: need.scope(need.state(), "own-worker"),
  };
};

const openServices = ({
  config,
  resources: { mail, data, state },
  now,
}: SetupContext<Options, ReturnType<typeof resourceNeeds>>): Services => {
  const services = { mailer: mail, state, now };
  return { ...services, data, digests: openDigests(services, config) };
};

/** The objects that the plugin reads: the groups among the recipients, and the buckets that may have hooks. */
const readableUris = ({ hooks, collectionHooks }: Options): readonly string[] => {
  const buckets =
    collectionHooks && (collectionHooks.buckets ?? ["*"]).map((id) => `/buckets/${id.includes("*") ? "*" : id}`);
  const recipients = hooks.flatMap(({ recipients, cc, bcc, replyTo }) => [...recipients, ...cc, ...bcc, ...replyTo]);
  return [...new Set([...(buckets ?? []), ...recipients.filter(isGroupTemplate).map(groupPattern)])];
};

const checkSettings: BeforeHook<
  Options,
  Services,
  "bucket.create" | "bucket.update" | "collection.create" | "collection.update"
> = {
  on: ["bucket.create", "bucket.update", "collection.create", "collection.update"],
  run: async ({ new: after, old, bucket_id: bucket = "" }, { config: { collectionHooks } }) => {
    // Unchanged hooks may be older than the plugin. They must not block changes of other fields.
    if (JSON.stringify(after["kinto-emailer"]) === JSON.stringify(old?.["kinto-emailer"])) return;
    const issue = collectionHooks && (await findSettingsIssue(after, bucket, collectionHooks));
    if (issue !== undefined) throw refuse(400, issue);
  },
};

const testCommand: CommandDefinition<{ readonly to: string }, Options, Services> = {
  about: "Sends a test mail, to check whether mail can be sent.",
  flags: z.strictObject({ to: z.string() }),
  run: async ({ flags: { to }, print }, { config: { from }, services: { mailer } }) => {
    await mailer.send({
      from,
      to: [to],
      subject: "A test of Kintoun",
      text: "This mail shows that Kintoun can send mail.",
    });
    print(`Sent a mail to ${to}.`);
  },
};

const digestSchedule: ScheduleDefinition<Options, Services> = {
  about: "Sends the digests that are due.",
  cron: "* * * * *",
  timeLimit: 600,
  expiry: 3600,
  run: ({ job }, { services, log }) => services.digests.sendDue(log, job.signal),
};
