import { describe, expect, it } from "@jest/globals";
import { definePlugin, type JsonObject } from "@kintoun/kit";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };

describe("the compiler tells a listener", () => {
  it("what its events have, by what it hears of", () => {
    compiled(() =>
      definePlugin({
        ...named,
        listeners: {
          created: {
            on: ["record.create"],
            run: (event) => {
              const after: JsonObject = event.new;
              const resource: "record" = event.resource_name;
              // @ts-expect-error what is created was not there before
              const before: JsonObject = event.old;
              return void [after, before, resource];
            },
          },
          gone: {
            on: ["bucket.delete", "collection.delete"],
            run: (event) => {
              const before: JsonObject = event.old;
              // @ts-expect-error it hears of buckets and collections
              const resource: "record" = event.resource_name;
              return void [before, resource];
            },
          },
          both: {
            on: ["record.create", "record.delete"],
            run: (event) => {
              // @ts-expect-error some events have nothing new
              const after: JsonObject = event.new;
              return void after;
            },
          },
        },
      }),
    );
  });

  it("that it may hear of its plugin's own resources, and of no others", () => {
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: { about: "A sensor." } },
        listeners: { hear: { on: ["device.update"], run: (event) => void event.old } },
      }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: { about: "A sensor." } },
        listeners: {
          hear: {
            // @ts-expect-error there is no such resource
            on: ["devise.update"],
            run: () => {},
          },
        },
      }),
    );
  });
});
