/** Checked by `npm run types`, never run: an expected error that does not occur is an error itself. */

import { definePlugin } from "@kintoun/kit";
import * as z from "zod";

const named = { name: "x", about: "Is a test." };
const ABOUT = { about: "Is a test." };
const run = () => {};

// A resource's parent exists.
void (() => {
  void definePlugin({
    ...named,
    resources: { device: ABOUT, reading: { ...ABOUT, parent: "device" }, comment: { ...ABOUT, parent: "record" } },
  });
  // @ts-expect-error `record` is meant
  void definePlugin({ ...named, resources: { comment: { ...ABOUT, parent: "recrod" } } });
});

// A resource's events are known to listeners and hooks.
void (() => {
  void definePlugin({
    ...named,
    resources: { device: ABOUT },
    listeners: { hear: { on: ["device.create", "record.update"], run } },
  });
  // @ts-expect-error there is no such action
  void definePlugin({ ...named, resources: { device: ABOUT }, listeners: { hear: { on: ["device.created"], run } } });
  // @ts-expect-error there is no such resource
  void definePlugin({ ...named, resources: { device: ABOUT }, listeners: { hear: { on: ["devices.create"], run } } });
  void definePlugin({
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
  });
});

// A resource has known fields only.
void (() => {
  void definePlugin({
    ...named,
    resources: {
      device: { ...ABOUT, plural: "devices", create: [], read: ["system.Everyone"], schema: z.object({}) },
    },
  });
  // @ts-expect-error a resource says what it is about
  void definePlugin({ ...named, resources: { device: {} } });
  // @ts-expect-error principals are a list
  void definePlugin({ ...named, resources: { device: { ...ABOUT, read: "system.Everyone" } } });
  // @ts-expect-error `schema` is meant
  void definePlugin({ ...named, resources: { device: { about: "Is a test.", scheme: z.object({}) } } });
  void definePlugin({
    ...named,
    config: z.object({ makers: z.array(z.string()) }),
    resources: {
      device: { about: "Is a test.", ids: "chosen", owner: (id) => `device:${id}`, create: ({ makers }) => makers },
    },
  });
  // @ts-expect-error a schema is a Standard Schema
  void definePlugin({ ...named, resources: { device: { ...ABOUT, schema: { type: "object" } } } });
});
