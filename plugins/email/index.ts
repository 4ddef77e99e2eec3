import {
  type BeforeHook,
  type CommandDefinition,
  definePlugin,
  need,
  type Plugin,
  refuse,
  type ScheduleDefinition,
  type SetupContext,
} from "@kintoun/kit";
import * as z from "zod";
import { openDigests } from "./digests.ts";
import { isGroup, placeOf } from "./group.ts";
import { heardBy, patternOf, placesOf } from "./listens.ts";
import { flawOf } from "./metadata.ts";
import { notify, type Services } from "./notify.ts";
import { type Options, options } from "./options.ts";

/** Sends mails when watched objects change. What options do not ask for is not deployed: only hooks with a digest have a schedule, only collections' are looked at. */
export const email = (given: z.input<typeof options>): Plugin => {
  const { data: read } = options.safeParse(given);
  const checks: Readonly<Record<string, typeof check>> = read?.ofCollections ? { check } : {};
  return definePlugin({
    name: "email",
    about: "Sends mails when watched objects change.",
    // What clients of kinto-emailer look for.
    ...(read?.ofCollections && { capability: "emailer", url: "https://github.com/Kinto/kinto-emailer/" }),
    config: options,
    needs: needed,
    setup: open,
    hooks: { before: checks },
    listeners: {
      notify: {
        on: read === undefined ? ["record.create"] : heardBy(read),
        buckets: (config) => placesOf(config, "buckets"),
        collections: (config) => placesOf(config, "collections"),
        where: patternOf,
        run: async (event, { config, services, log, signal }) => {
          await notify(event, config, services, log);
          await services.digests.sendLeft(log, signal);
        },
      },
    },
    commands: { test },
    schedules: read?.hooks.some(({ digest }) => digest !== undefined) ? { digest } : {},
  })(given);
};

const needed = (config: Options) => {
  const { from, via } = config;
  const mail =
    via === "ses" ? { via } : { via, password: via.password && need.parameter("smtp-password", via.password) };
  return {
    mail: need.scope(need.mail({ from, ...mail }), "own-worker"),
    data: need.scope(need.data({ read: readBy(config) }), "own-worker"),
    state: need.scope(need.state(), "own-worker"),
  };
};

const open = ({
  config,
  resources: { mail, data, state },
  now,
}: SetupContext<Options, ReturnType<typeof needed>>): Services => {
  const sending = { mailer: mail, state, now };
  return { ...sending, data, digests: openDigests(sending, config) };
};

/** What it reads: the groups that it mails, and all that may have hooks. */
const readBy = ({ hooks, ofCollections }: Options): readonly string[] => {
  const theirs =
    ofCollections && (ofCollections.buckets ?? ["*"]).map((id) => `/buckets/${id.includes("*") ? "*" : id}`);
  const recipients = hooks.flatMap(({ recipients, cc, bcc, replyTo }) => [...recipients, ...cc, ...bcc, ...replyTo]);
  return [...new Set([...(theirs ?? []), ...recipients.filter(isGroup).map(placeOf)])];
};

const check: BeforeHook<
  Options,
  Services,
  "bucket.create" | "bucket.update" | "collection.create" | "collection.update"
> = {
  on: ["bucket.create", "bucket.update", "collection.create", "collection.update"],
  run: async ({ new: after, old, bucket_id: bucket = "" }, { config: { ofCollections } }) => {
    // What was written before there was this plugin holds up no change of something else.
    if (JSON.stringify(after["kinto-emailer"]) === JSON.stringify(old?.["kinto-emailer"])) return;
    const flaw = ofCollections && (await flawOf(after, bucket, ofCollections));
    if (flaw !== undefined) throw refuse(400, flaw);
  },
};

const test: CommandDefinition<{ readonly to: string }, Options, Services> = {
  about: "Mails somebody, to show whether mail leaves.",
  flags: z.strictObject({ to: z.string() }),
  run: async ({ flags: { to }, print }, { config: { from }, services: { mailer } }) => {
    await mailer.send({
      from,
      to: [to],
      subject: "A test of Kintoun",
      text: "Whoever gets this mail shows that it leaves.",
    });
    print(`The mail for ${to} was handed over.`);
  },
};

const digest: ScheduleDefinition<Options, Services> = {
  about: "Sends the digests that are due.",
  cron: "* * * * *",
  timeLimit: 600,
  expiry: 3600,
  run: ({ job }, { services, log }) => services.digests.sendDue(log, job.signal),
};
