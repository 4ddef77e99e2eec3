import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { fillTemplate } from "./template.ts";

/** Sends a mail when a watched object changes. */
export const email = definePlugin({
  name: "email",
  about: "Sends a mail when a record is created.",
  config: z.strictObject({
    from: z.email(),
    recipients: z.array(z.email()).min(1).max(50),
    /** One line; `{…}` takes a value of the event, such as `{resource_name}`, `{user_id}` or `{new.title}`. */
    subject: z.string().default("{resource_name} {action}d"),
    body: z.string().default("User id: {user_id}"),
    buckets: z.array(z.string()).optional(),
    collections: z.array(z.string()).optional(),
    via: z
      .union([
        z.literal("ses"),
        z.strictObject({
          host: z.string(),
          port: z.int().min(1).max(65_535).default(587),
          security: z.enum(["tls", "starttls", "none"]).default("starttls"),
        }),
      ])
      .default("ses"),
  }),
  needs: ({ via, from }) => ({ mail: need.mail({ via, from }) }),
  setup: ({ resources }) => resources,
  listeners: {
    notify: {
      on: ["record.create"],
      buckets: ({ buckets }) => buckets,
      collections: ({ collections }) => collections,
      run: async (event, { config, services: { mail } }) => {
        await mail.send({
          from: config.from,
          to: config.recipients,
          subject: fillTemplate(config.subject, event),
          text: fillTemplate(config.body, event),
        });
      },
    },
  },
});
