/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { type ChangeEvent, defineConfig, definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";

const named = { name: "x", about: "Is a test." };
const MAIL = { from: "store@example.org", recipients: ["ops@example.org"] };

// Event names are checked.
void (() => {
  void definePlugin({
    ...named,
    listeners: {
      hear: {
        // @ts-expect-error there is no such action
        on: ["record.created"],
        run: () => {},
      },
    },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error there is no such resource
    listeners: { hear: { on: ["records.create"], run: () => {} } },
  });
});

// Part names and required fields are checked.
void (() => {
  // @ts-expect-error `listeners` is meant
  void definePlugin({ ...named, listener: {} });
  // @ts-expect-error a plugin says what it is about
  void definePlugin({ name: "x" });
  // @ts-expect-error a listener does something
  void definePlugin({ ...named, listeners: { hear: { on: ["record.create"] } } });
});

// `setup` gets the resources of `needs` only.
void (() => {
  void definePlugin({
    ...named,
    needs: () => ({ mail: need.mail({ via: "ses", from: "a@example.org" }) }),
    // @ts-expect-error no search engine was asked for
    setup: ({ resources }) => resources.search,
  });
  void definePlugin({
    ...named,
    // @ts-expect-error nothing was asked for
    setup: ({ resources }) => resources.mail,
  });
});

// Needs have typed options.
void (() => {
  // @ts-expect-error mail has a sender
  void need.mail({ via: "ses" });
  // @ts-expect-error the store has two secrets
  void need.storeSecret("another");
});

// Resources and services have their types.
void (() => {
  void definePlugin({
    ...named,
    needs: () => ({ secret: need.storeSecret("userid_hmac_secret") }),
    setup: ({ resources }) => resources,
    // @ts-expect-error a secret is a function that has to be called
    authentication: { schemes: ["x"], challenge: "x", identify: (_, { secret }): string => secret },
  });
  void definePlugin({
    ...named,
    config: z.object({ realm: z.string() }),
    authentication: {
      schemes: ({ realm }) => [realm],
      challenge: ({ realm }) => `Bearer realm="${realm}"`,
      policies: ["google"],
      identify: ({ cookies, address }) => ({ id: `${cookies.sid} ${address}`, scope: { read: ["/buckets/blog"] } }),
    },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error an identity has an id or a whole user id
    authentication: { challenge: "x", identify: () => ({ name: "ada" }) },
  });
  // @ts-expect-error credentials are a field of the request
  void definePlugin({ ...named, authentication: { challenge: "x", identify: (credentials) => credentials.slice(1) } });
  void definePlugin({
    ...named,
    setup: () => ({ count: 1 }),
    listeners: {
      hear: {
        on: ["record.create"],
        run: (_, { services }) => {
          // @ts-expect-error the count is a number
          const text: string = services.count;
          return void text;
        },
      },
    },
  });
  void definePlugin({
    ...named,
    // @ts-expect-error without a setup there are no services
    listeners: { hear: { on: ["record.create"], run: (_, { services }) => void services.count } },
  });
});

// Options have the types of the schema.
void (() => {
  void definePlugin({
    ...named,
    config: z.object({ port: z.number() }),
    listeners: {
      hear: {
        on: ["record.create"],
        run: (_, { config }) => {
          // @ts-expect-error the port is a number
          const text: string = config.port;
          return void text;
        },
      },
    },
  });
  void definePlugin({
    ...named,
    config: z.object({ only: z.array(z.string()) }),
    // @ts-expect-error `only` is meant
    listeners: { hear: { on: ["record.create"], buckets: ({ ony }) => ony, run: () => {} } },
  });
});

// A listener returns a valid outcome.
void (() => {
  // @ts-expect-error "requeue" is meant
  void definePlugin({ ...named, listeners: { hear: { on: ["record.create"], run: () => "later" } } });
});

// An event has the fields of its action.
void (() => {
  void ((event: ChangeEvent & { action: "create" }): void => {
    const after: object = event.new;
    // @ts-expect-error what is created was not there before
    const before: object = event.old;
    return void [after, before];
  });
  void ((event: ChangeEvent & { action: "delete" }): void => {
    const before: object = event.old;
    // @ts-expect-error what is deleted is not there afterwards
    const after: object = event.new;
    return void [after, before];
  });
  void ((event: ChangeEvent & { action: "update" }): void => {
    const [before, after]: [object, object] = [event.old, event.new];
    return void [before, after];
  });
  void ((event: ChangeEvent): void => {
    // @ts-expect-error not every event has it
    const after: object = event.new;
    // @ts-expect-error not every event is about a record
    const id: string = event.record_id;
    // @ts-expect-error events are not changed
    event.user_id = "another";
    if (event.action === "create") {
      const known: object = event.new;
      return void known;
    }
    return void [after, id];
  });
});

// A plugin's options are checked in the config.
void (() => {
  // @ts-expect-error recipients are a list
  void email({ ...MAIL, recipients: "ops@example.org" });
  // @ts-expect-error `collections` is meant
  void email({ ...MAIL, colections: ["a"] });
  // @ts-expect-error a mail has a sender
  void email({ recipients: MAIL.recipients });
  // @ts-expect-error a port is a number
  void email({ ...MAIL, via: { host: "smtp.example.org", port: "587" } });
  // @ts-expect-error there is no such way
  void email({ ...MAIL, via: "sendmail" });
  // @ts-expect-error its options are required
  void email();
  // @ts-expect-error it takes no options of its own
  void basicauth({ realm: "x" });
  // @ts-expect-error a domain is named
  void search({ domain: 5 });
});

// Every plugin has a name, a log level and limits of its listeners in the config.
void (() => {
  void basicauth({ name: "legacy" });
  void search({ name: "finder", listeners: { index: { on: ["record.create"] } } });
  void email({ ...MAIL, name: "audit", logLevel: "DEBUG", listeners: { notify: { buckets: ["blog"] } } });
  // @ts-expect-error there is no such level
  void email({ ...MAIL, logLevel: "LOUD" });
  // @ts-expect-error there is no such listener
  void email({ ...MAIL, listeners: { notfy: { buckets: ["blog"] } } });
  // @ts-expect-error the listener has no such event
  void search({ listeners: { index: { on: ["bucket.create"] } } });
  // @ts-expect-error it has no listeners
  void basicauth({ listeners: { notify: { buckets: ["blog"] } } });
});

// The config lists called plugins and known settings.
void (() => {
  // @ts-expect-error the call is missing
  void defineConfig({ plugins: [basicauth] });
  // @ts-expect-error the call is missing, and with it the options
  void defineConfig({ plugins: [email] });
  // @ts-expect-error `paginateBy` is meant
  void defineConfig({ plugins: [], settings: { paginateby: 5 } });
  // @ts-expect-error plugins are required
  void defineConfig({ settings: {} });
});

// Valid definitions compile.
void (() => {
  void defineConfig({
    plugins: [basicauth(), search(), search({}), email({ ...MAIL, via: { host: "smtp.example.org" } })],
    settings: { paginateBy: 5 },
  });
});
