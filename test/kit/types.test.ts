import { describe, expect, it } from "@jest/globals";
import { type ChangeEvent, defineConfig, definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { basicauth } from "../../plugins/basicauth/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const MAIL = { from: "store@example.org", recipients: ["ops@example.org"] };

describe("the compiler tells a plugin's author", () => {
  it("that an event's name is misspelt", () => {
    compiled(() =>
      definePlugin({
        ...named,
        listeners: {
          hear: {
            // @ts-expect-error there is no such action
            on: ["record.created"],
            run: () => {},
          },
        },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error there is no such resource
        listeners: { hear: { on: ["records.create"], run: () => {} } },
      }),
    );
  });

  it("that a part's name is misspelt, or that a part lacks something", () => {
    // @ts-expect-error `listeners` is meant
    compiled(() => definePlugin({ ...named, listener: {} }));
    // @ts-expect-error a plugin says what it is about
    compiled(() => definePlugin({ name: "x" }));
    // @ts-expect-error a listener does something
    compiled(() => definePlugin({ ...named, listeners: { hear: { on: ["record.create"] } } }));
  });

  it("that a resource is used which was not needed", () => {
    compiled(() =>
      definePlugin({
        ...named,
        needs: () => ({ mail: need.mail({ via: "ses", from: "a@example.org" }) }),
        // @ts-expect-error no search engine was asked for
        setup: ({ resources }) => resources.search,
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error nothing was asked for
        setup: ({ resources }) => resources.mail,
      }),
    );
  });

  it("that a need is stated wrongly", () => {
    // @ts-expect-error mail has a sender
    compiled(() => need.mail({ via: "ses" }));
    // @ts-expect-error the store has two secrets
    compiled(() => need.storeSecret("another"));
  });

  it("that a resource or service is something else", () => {
    compiled(() =>
      definePlugin({
        ...named,
        needs: () => ({ secret: need.storeSecret("userid_hmac_secret") }),
        setup: ({ resources }) => resources,
        // @ts-expect-error a secret is a function that has to be called
        authentication: { scheme: "x", challenge: "x", identify: (_, { secret }): string => secret },
      }),
    );
    compiled(() =>
      definePlugin({
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
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        // @ts-expect-error without a setup there are no services
        listeners: { hear: { on: ["record.create"], run: (_, { services }) => void services.count } },
      }),
    );
  });

  it("that an option is something else, or unknown, where the schema says so", () => {
    compiled(() =>
      definePlugin({
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
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        config: z.object({ only: z.array(z.string()) }),
        // @ts-expect-error `only` is meant
        listeners: { hear: { on: ["record.create"], buckets: ({ ony }) => ony, run: () => {} } },
      }),
    );
  });

  it("that an outcome is none", () => {
    // @ts-expect-error "requeue" is meant
    compiled(() => definePlugin({ ...named, listeners: { hear: { on: ["record.create"], run: () => "later" } } }));
  });

  it("what an event has by its action", () => {
    compiled(() => (event: ChangeEvent & { action: "create" }): void => {
      const after: object = event.new;
      // @ts-expect-error what is created was not there before
      const before: object = event.old;
      return void [after, before];
    });
    compiled(() => (event: ChangeEvent & { action: "delete" }): void => {
      const before: object = event.old;
      // @ts-expect-error what is deleted is not there afterwards
      const after: object = event.new;
      return void [after, before];
    });
    compiled(() => (event: ChangeEvent & { action: "update" }): void => {
      const [before, after]: [object, object] = [event.old, event.new];
      return void [before, after];
    });
    compiled(() => (event: ChangeEvent): void => {
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
});

describe("the compiler tells an operator", () => {
  it("that an option is of the wrong type, unknown or missing", () => {
    // @ts-expect-error recipients are a list
    compiled(() => email({ ...MAIL, recipients: "ops@example.org" }));
    // @ts-expect-error `collections` is meant
    compiled(() => email({ ...MAIL, colections: ["a"] }));
    // @ts-expect-error a mail has a sender
    compiled(() => email({ recipients: MAIL.recipients }));
    // @ts-expect-error a port is a number
    compiled(() => email({ ...MAIL, via: { host: "smtp.example.org", port: "587" } }));
    // @ts-expect-error there is no such way
    compiled(() => email({ ...MAIL, via: "sendmail" }));
    // @ts-expect-error its options are required
    compiled(() => email());
    // @ts-expect-error it takes no options
    compiled(() => basicauth({ realm: "x" }));
    // @ts-expect-error a domain is named
    compiled(() => search({ domain: 5 }));
  });

  it("that a plugin was not called, or a setting is misspelt", () => {
    // @ts-expect-error the call is missing
    compiled(() => defineConfig({ plugins: [basicauth] }));
    // @ts-expect-error the call is missing, and with it the options
    compiled(() => defineConfig({ plugins: [email] }));
    // @ts-expect-error `paginateBy` is meant
    compiled(() => defineConfig({ plugins: [], settings: { paginateby: 5 } }));
    // @ts-expect-error plugins are required
    compiled(() => defineConfig({ settings: {} }));
  });

  it("nothing where all is well", () => {
    compiled(() =>
      defineConfig({
        plugins: [basicauth(), search(), search({}), email({ ...MAIL, via: { host: "smtp.example.org" } })],
        settings: { paginateBy: 5 },
      }),
    );
  });
});
