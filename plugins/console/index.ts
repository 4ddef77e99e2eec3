import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import * as deadLetters from "./dead-letters.ts";
import { eventsInput, listEvents } from "./events.ts";
import * as explain from "./explain.ts";
import * as mails from "./mails.ts";
import { getOverview } from "./overview.ts";
import { replayParams, runReplay } from "./replay.ts";
import { listRequests, requestsInput, totalRequests, totalsInput } from "./requests.ts";

const options = z.strictObject({
  /** User ids, groups' URIs and the like that may see and operate the whole store. */
  administrators: z
    .array(
      z
        .string()
        .min(1)
        .refine((name) => name !== "system.Everyone", "would let anyone read all activity"),
    )
    .min(1),
});

/** The policy of all pages. HTML mails have style attributes, in a frame that gets this policy too. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Who may use the endpoints. */
const audience = { principals: ({ administrators }: z.output<typeof options>) => administrators };

/**
 * A console for developers and administrators: what runs, data, events, requests, users.
 * @example
 * console({ administrators: ["account:admin"] });
 */
export const console = definePlugin({
  name: "console",
  about: "A console for developers and administrators.",
  config: options,
  needs: () => ({
    operations: need.scope(need.operations(), "api-and-own-worker"),
    inspection: need.scope(need.inspection(), "api-and-own-worker"),
  }),
  setup: ({ resources }) => resources,

  pages: {
    "/console": {
      about: "The console, in which administrators log in.",
      files: new URL("./console-pages/", import.meta.url),
      contentSecurityPolicy: CONTENT_SECURITY_POLICY,
      home: true,
    },
  },

  actions: {
    replay: {
      about: "Sends events of existing objects to a listener.",
      on: ["server"],
      principals: ({ administrators }) => administrators,
      params: replayParams,
      timeLimit: 24 * 3600,
      run: ({ params, job }, { services: { operations } }) => runReplay(params, job, operations),
    },
  },

  routes: {
    "GET /__operations__/overview": {
      about: "Describes what runs: plugins, queues, actions, settings, health, and who may write.",
      for: audience,
      responses: { 200: "The description." },
      run: ({ send }, { services: { inspection } }) => getOverview({ send }, inspection),
    },
    "GET /__operations__/permissions": {
      about: "Explains what a user may do on an object, and why.",
      for: audience,
      input: explain.explainInput,
      responses: { 200: "Each permission with what grants it." },
      run: ({ input }, { services: { inspection } }) => explain.explainPermissions(input.query, inspection),
    },
    "GET /__operations__/memberships": {
      about: "Lists the groups that a user is in.",
      for: audience,
      input: explain.membershipInput,
      responses: { 200: "The URIs of the groups." },
      run: ({ input }, { services: { inspection } }) => explain.listMemberships(input.query, inspection),
    },
    "GET /__operations__/mails": {
      about: "Lists the mails that were kept instead of sent, the newest first.",
      for: audience,
      input: mails.mailsInput,
      responses: { 200: "The mails.", 404: "The store sends its mails." },
      run: ({ input }, { services: { inspection } }) => mails.listMails(input.query, inspection),
    },
    "GET /__operations__/mails/:mail": {
      about: "Returns a mail that was kept instead of sent.",
      for: audience,
      responses: { 200: "The mail.", 404: "There is no such mail, or the store sends its mails." },
      run: ({ params }, { services: { inspection } }) => mails.getMail(params.mail, inspection),
    },
    "GET /__operations__/queues": {
      about: "Lists the queues with their messages, and the age of the oldest.",
      for: audience,
      responses: { 200: "The queues." },
      run: (_, { services: { operations } }) => deadLetters.listQueues(operations),
    },
    "GET /__operations__/dead-letters/:queue": {
      about: "Lists the dead letters of a queue with their errors, the newest first.",
      for: audience,
      input: deadLetters.deadLettersInput,
      responses: { 200: "The dead letters.", 404: "There is no such queue." },
      run: ({ params, input }, { services: { operations } }) =>
        deadLetters.listDeadLetters(params.queue, input.query, operations),
    },
    "GET /__operations__/dead-letters/:queue/:letter": {
      about: "Returns a dead letter with its whole body.",
      for: audience,
      responses: { 200: "The dead letter.", 404: "There is no such dead letter." },
      run: ({ params }, { services: { operations } }) =>
        deadLetters.getDeadLetter(params.queue, params.letter, operations),
    },
    "DELETE /__operations__/dead-letters/:queue/:letter": {
      about: "Removes a dead letter.",
      for: audience,
      responses: { 200: "The dead letter is removed.", 404: "There is no such dead letter." },
      run: ({ params }, { services: { operations } }) =>
        deadLetters.deleteDeadLetter(params.queue, params.letter, operations),
    },
    "POST /__operations__/dead-letters/:queue/redrive": {
      about: "Delivers dead letters again: some of them, or all up to a limit; one of them possibly with another body.",
      for: audience,
      input: deadLetters.redriveInput,
      responses: { 200: "The ids of the dead letters.", 404: "There is no such queue or dead letter." },
      run: ({ params, input }, { services: { operations } }) =>
        deadLetters.redriveDeadLetters(params.queue, input.body, operations),
    },
    "GET /__operations__/events": {
      about: "Lists changes with their deliveries, the newest first.",
      for: audience,
      input: eventsInput,
      responses: { 200: "The events." },
      run: ({ input }, { services: { operations } }) => listEvents(input.query, operations),
    },
    "GET /__operations__/requests": {
      about: "Lists requests with their time, use and estimated cost, the newest or the slowest first.",
      for: audience,
      input: requestsInput,
      responses: { 200: "The requests." },
      run: ({ input }, { services: { operations } }) => listRequests(input.query, operations),
    },
    "GET /__operations__/request-totals": {
      about: "Sums requests up by endpoint.",
      for: audience,
      input: totalsInput,
      responses: { 200: "The totals." },
      run: ({ input }, { services: { operations } }) => totalRequests(input.query, operations),
    },
  },
});
