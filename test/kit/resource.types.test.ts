import { describe, expect, it } from "@jest/globals";
import { definePlugin } from "@kintoun/kit";
import * as z from "zod";

/** Each of the calls below is checked by tsc: an expected error that does not come is an error itself. None of them is run. */
const compiled = (_: () => unknown): void => expect(true).toBe(true);
const named = { name: "x", about: "Is a test." };
const ABOUT = { about: "Is a test." };
const run = () => {};

describe("the compiler tells the author of a resource", () => {
  it("what it may stand in", () => {
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: ABOUT, reading: { ...ABOUT, parent: "device" }, comment: { ...ABOUT, parent: "record" } },
      }),
    );
    // @ts-expect-error `record` is meant
    compiled(() => definePlugin({ ...named, resources: { comment: { ...ABOUT, parent: "recrod" } } }));
  });

  it("which events it has", () => {
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: ABOUT },
        listeners: { hear: { on: ["device.create", "record.update"], run } },
      }),
    );
    compiled(() =>
      // @ts-expect-error there is no such action
      definePlugin({ ...named, resources: { device: ABOUT }, listeners: { hear: { on: ["device.created"], run } } }),
    );
    compiled(() =>
      // @ts-expect-error there is no such resource
      definePlugin({ ...named, resources: { device: ABOUT }, listeners: { hear: { on: ["devices.create"], run } } }),
    );
    compiled(() =>
      definePlugin({
        ...named,
        resources: { device: ABOUT },
        listeners: {
          hear: {
            on: ["device.create"],
            run: (event) => {
              const id: string | undefined = event.device_id;
              // @ts-expect-error not every event is about what a plugin brings
              const always: string = event.device_id;
              return void [id, always];
            },
          },
        },
      }),
    );
  });

  it("what a definition has", () => {
    compiled(() =>
      definePlugin({
        ...named,
        resources: {
          device: { ...ABOUT, plural: "devices", create: [], read: ["system.Everyone"], schema: z.object({}) },
        },
      }),
    );
    // @ts-expect-error a resource says what it is about
    compiled(() => definePlugin({ ...named, resources: { device: {} } }));
    // @ts-expect-error principals are a list
    compiled(() => definePlugin({ ...named, resources: { device: { ...ABOUT, read: "system.Everyone" } } }));
    // @ts-expect-error `schema` is meant
    compiled(() => definePlugin({ ...named, resources: { device: { about: "Is a test.", scheme: z.object({}) } } }));
    // @ts-expect-error a schema is a Standard Schema
    compiled(() => definePlugin({ ...named, resources: { device: { ...ABOUT, schema: { type: "object" } } } }));
  });
});
