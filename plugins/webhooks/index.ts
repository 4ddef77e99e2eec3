import { definePlugin, need, type Plugin, refuse } from "@kintoun/kit";
import type * as z from "zod";
import { listDeliveries, listHooks, showDelivery, showHook, shownDelivery } from "./answers.ts";
import { hookAt, ownHook, publishHook } from "./find-hook.ts";
import { hooksFor, laterAt, tell } from "./hear.ts";
import { latest, ofDelivery, ofHook, page, rotation } from "./inputs.ts";
import { flawOf } from "./metadata.ts";
import { heardBy, mostHooks, type Options, options } from "./options.ts";
import { itemsMessage } from "./payload.ts";
import { ping, resend } from "./send-again.ts";
import { TRIES } from "./sender.ts";
import { openServices } from "./services.ts";
import { shownSecret } from "./standing.ts";

const WRITERS = { on: "/buckets/:bucket/collections/:collection", permission: "write" } as const;

/** Posts what happens to URLs that want to hear of it. What nobody may want to hear of is not queued. */
export const webhooks = (given?: z.input<typeof options>): Plugin => {
  // What is wrong with the options is told at the start.
  const read = options.safeParse(given).data ?? options.parse(undefined);
  return definePlugin({
    name: "webhooks",
    about: "Posts changes, signed, to the URLs that the operator or collections' metadata give.",
    url: "https://www.standardwebhooks.com",
    config: options,
    needs: needed,
    setup: ({ config, resources, now }) => {
      const urls = [
        ...config.hooks.map(({ id, url }) => ({ of: `hook '${id}'`, url })),
        ...(config.publish ? [{ of: "option 'publish'", url: config.publish.url }] : []),
      ];
      for (const { of, url } of urls) {
        const flaw = resources.http.findUrlIssue(url);
        if (flaw !== undefined) throw new Error(`the ${of} can't be posted to: ${flaw}`);
      }
      return openServices(resources, now);
    },

    hooks: {
      before: {
        check: {
          on: ["collection.create", "collection.update"],
          run: ({ new: after, old }, { config, services: { http } }) => {
            // What was written before there was this plugin holds up no change of something else.
            if (!config.ofCollections || JSON.stringify(after.webhooks) === JSON.stringify(old?.webhooks)) return;
            const flaw = flawOf(after.webhooks, http);
            if (flaw !== undefined) throw refuse(400, flaw);
          },
        },
      },
    },

    listeners: {
      post: {
        on: heardBy(read),
        // Each hook may want all of its tries at times of its own.
        retries: TRIES * mostHooks(read),
        run: async (event, { config, services, log, signal }) => {
          const { data, standings } = services;
          const isOver =
            event.resource_name === "collection" && (event.action === "delete" || event.action === "purge");
          if (isOver && event.own_generation !== undefined) await standings.forget(event.own_generation);
          if (event.action !== "purge")
            await tell(services, await hooksFor(event, config, data), event, { log, signal });
        },
      },
    },

    publishers: {
      webhook: {
        about: "Posts items to the URL that the options give.",
        // Without one it takes those of its own listener, which has none, so that no other's worker is granted what it needs.
        from: ({ publish }) => (publish === undefined ? ["webhooks-post"] : publish.from),
        publish: async (items, { config, services: { sender, now }, log, listener, event_id }) => {
          const hook = publishHook(config);
          if (hook === undefined) return;
          const message = itemsMessage(hook, items, `${listener} ${event_id}`, now());
          const again = await sender.send(hook, message, { log, signal: new AbortController().signal });
          if (again !== undefined) throw laterAt(again, now, "What was published is to be posted again");
        },
      },
    },

    routes: {
      "GET /buckets/:bucket/collections/:collection/webhooks": {
        about: "The webhooks in a collection's metadata, and how they stand.",
        permission: WRITERS,
        run: ({ params }, { services }) => listHooks(services, params),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook": {
        about: "A webhook with its secrets: the present one first, then older ones that are still good.",
        permission: WRITERS,
        responses: { 200: "The webhook.", 404: "There is none of that id." },
        run: ({ params }, { services }) => showHook(services, params),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook/deliveries": {
        about: "What became of the messages to a webhook in the last 30 days, newest first.",
        permission: WRITERS,
        input: page,
        responses: { 200: "The deliveries.", 404: "There is no webhook of that id." },
        run: ({ params, input }, { services }) => listDeliveries(services, params, input.query),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook/deliveries/:delivery": {
        about: "What became of one message to a webhook, and what was sent.",
        permission: WRITERS,
        responses: { 200: "The delivery.", 404: "There is none of that id." },
        run: ({ params }, { services }) => showDelivery(services, params),
      },
    },

    actions: {
      "ping-webhook": {
        about: "Sends a webhook a message of the type ping, to see whether it is taken.",
        on: ["collection"],
        params: ofHook,
        retries: 0,
        run: async ({ params, uri, job }, { services, log }) =>
          ping(services, await hookAt(services.data, uri, params.hook), job.id, { log, signal: job.signal }),
      },
      "resend-webhook": {
        about: "Sends a webhook once more what its log of deliveries holds, under the same id.",
        on: ["collection"],
        params: ofDelivery,
        retries: 0,
        run: async ({ params, uri, job }, { services, log }) =>
          resend(services, await hookAt(services.data, uri, params.hook), params.delivery, { log, signal: job.signal }),
      },
      "enable-webhook": {
        about: "Lets a webhook hear again that was disabled because it answered 410.",
        on: ["collection"],
        params: ofHook,
        run: async ({ params, uri }, { services: { data, standings } }) =>
          void (await standings.enable(await hookAt(data, uri, params.hook))),
      },
      "rotate-webhook-secret": {
        about: "Gives a webhook another secret; the one before it is good for some hours more.",
        on: ["collection"],
        params: rotation,
        // A repetition would give it yet another.
        retries: 0,
        run: async ({ params: { hook, hours }, uri }, { services: { data, standings, now } }) => {
          const until = now() + Math.round(hours * 3_600_000);
          await standings.rotate(await hookAt(data, uri, hook), until);
          return { old_valid_until: until };
        },
      },
    },

    commands: {
      secret: {
        about: "Prints the secret that messages to a webhook of the options are signed by.",
        flags: ofHook,
        run: async ({ flags, print }, { config, services: { standings } }) => {
          const hook = ownHook(config, flags.hook);
          for (const secret of await standings.secrets(hook, await standings.of(hook))) print(shownSecret(secret));
        },
      },
      deliveries: {
        about: "Prints what became of the messages to a webhook of the options, newest first.",
        flags: latest,
        run: async ({ flags, print }, { config, services: { deliveries } }) => {
          for (const delivery of await deliveries.list(ownHook(config, flags.hook), flags))
            print(JSON.stringify(shownDelivery(delivery)));
        },
      },
      resend: {
        about: "Sends a webhook of the options once more what its log of deliveries holds.",
        flags: ofDelivery,
        run: async ({ flags: { hook, delivery }, print, signal }, { config, services, log }) =>
          print(JSON.stringify(await resend(services, ownHook(config, hook), delivery, { log, signal }))),
      },
      enable: {
        about: "Lets a webhook of the options hear again that was disabled because it answered 410.",
        flags: ofHook,
        run: async ({ flags }, { config, services: { standings } }) =>
          void (await standings.enable(ownHook(config, flags.hook))),
      },
    },
  })(given);
};

const needed = ({ hooks, private: near }: Options) => ({
  data: need.scope(need.data({ read: ["/buckets/*/collections/*"] }), "own-worker"),
  state: need.scope(need.state({ writeScope: "own-worker" }), "api-and-own-worker"),
  http: need.http({ private: near }),
  key: need.scope(need.secret("key"), "api-and-own-worker"),
  ...secretsOf(hooks),
});

/** What the operator gives, read by those who send. */
const secretsOf = (hooks: Options["hooks"]): Readonly<Record<`secret-${string}`, ReturnType<typeof need.parameter>>> =>
  Object.fromEntries(
    hooks.flatMap(({ id, secret }) =>
      secret === undefined ? [] : [[`secret-${id}`, need.scope(need.parameter(`${id}-secret`, secret), "own-worker")]],
    ),
  );
