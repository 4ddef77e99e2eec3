import { definePlugin, type InstanceOptions, need, type Plugin, refuse, splitOptions } from "@kintoun/kit";
import type * as z from "zod";
import { findHooks, openServices, resendDelivery, sendPing } from "./deliver.ts";
import { formatSecret } from "./hook-state.ts";
import { findCollectionHook, findMetadataIssue } from "./hooks.ts";
import { createItemsMessage } from "./messages.ts";
import {
  deliveryInput,
  findOwnHook,
  getPublishHook,
  hookInput,
  latestInput,
  listOwnHooks,
  type Options,
  options,
  pageInput,
  rotationInput,
  subscribedEvents,
} from "./options.ts";
import { MAX_RETURNS, postEvent, retryAt, WORKER_SECONDS } from "./post-event.ts";
import { formatDelivery, formatHookState, getDelivery, getHook, listDeliveries, listHooks } from "./routes.ts";

type WebhooksOptions = z.input<typeof options> &
  InstanceOptions<{ readonly post: ReturnType<typeof subscribedEvents>[number] }>;

const WRITERS_ONLY = { on: "/buckets/:bucket/collections/:collection", permission: "write" } as const;

/** Maximum number of concurrent workers. Each handles up to ten events at a time. */
const MAX_WORKERS = 50;

/**
 * Posts changes to URLs, signed by the Standard Webhooks specification. The plugin's queue receives only the events
 * that a hook can match.
 * @example
 * webhooks({ hooks: [{ id: "audit", url: "https://audit.example.org/kintoun" }] });
 */
export const webhooks = (input?: WebhooksOptions): Plugin => {
  // Invalid options are reported when the config is read.
  const parsed = options.safeParse(splitOptions(input).own).data ?? options.parse(undefined);
  return definePlugin({
    name: "webhooks",
    about: "Posts signed changes to the URLs in the options and in collections' metadata.",
    url: "https://www.standardwebhooks.com",
    config: options,
    needs: resourceNeeds,
    setup: ({ config, resources, now }) => {
      const urls = [
        ...config.hooks.map(({ id, url }) => ({ name: `hook '${id}'`, url })),
        ...(config.publish ? [{ name: "option 'publish'", url: config.publish.url }] : []),
      ];
      for (const { name, url } of urls) {
        const issue = resources.http.findUrlIssue(url);
        if (issue !== undefined) throw new Error(`the ${name} has an invalid URL. ${issue}`);
      }
      return openServices(resources, { now, config });
    },

    hooks: {
      before: {
        check: {
          on: ["collection.create", "collection.update"],
          run: ({ new: after, old }, { config, services: { http } }) => {
            // Unchanged hooks may be older than the plugin. They must not block changes of other fields.
            if (!config.collectionHooks || JSON.stringify(after.webhooks) === JSON.stringify(old?.webhooks)) return;
            const issue = findMetadataIssue(after.webhooks, http);
            if (issue !== undefined) throw refuse(400, issue);
          },
        },
      },
    },

    listeners: {
      post: {
        on: subscribedEvents(parsed),
        retries: MAX_RETURNS,
        timeout: WORKER_SECONDS,
        // Leaves most of an account's concurrency to other functions while receivers are slow.
        concurrency: MAX_WORKERS,
        run: async (event, { config, services, log, signal }) => {
          const { data, states } = services;
          const isEnd = event.resource_name === "collection" && (event.action === "delete" || event.action === "purge");
          if (isEnd && event.own_generation !== undefined) await states.deleteAll(event.own_generation);
          if (event.action !== "purge")
            await postEvent(services, await findHooks(event, config, data), event, { log, signal });
        },
      },
    },

    publishers: {
      webhook: {
        about: "Posts published items to the URL in the options.",
        // Without a URL it subscribes to the plugin's own listener, which publishes nothing. So no other worker gets
        // this plugin's permissions.
        from: ({ publish }) => (publish === undefined ? ["webhooks-post"] : publish.from),
        publish: async (items, { config, services: { sender, now }, log, listener, event_id }) => {
          const hook = getPublishHook(config);
          if (hook === undefined) return;
          const message = createItemsMessage(hook, items, `${listener} ${event_id}`, now());
          const next = await sender.send(hook, message, { log, signal: new AbortController().signal });
          if (next !== undefined) throw retryAt(next.at, now, "The published items are posted again");
        },
      },
    },

    routes: {
      "GET /buckets/:bucket/collections/:collection/webhooks": {
        about: "Lists the webhooks in a collection's metadata, and whether they are disabled or held back.",
        permission: WRITERS_ONLY,
        run: ({ params }, { services }) => listHooks(services, params),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook": {
        about: "Reads a webhook with its secrets: the present one, then older ones that are still valid.",
        permission: WRITERS_ONLY,
        responses: { 200: "The webhook.", 404: "There is no such webhook." },
        run: ({ params }, { services }) => getHook(services, params),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook/deliveries": {
        about: "Lists the deliveries to a webhook in the last 30 days, newest first.",
        permission: WRITERS_ONLY,
        input: pageInput,
        responses: { 200: "The deliveries.", 404: "There is no such webhook." },
        run: ({ params, input }, { services }) => listDeliveries(services, params, input.query),
      },
      "GET /buckets/:bucket/collections/:collection/webhooks/:hook/deliveries/:delivery": {
        about: "Reads a delivery to a webhook with its body.",
        permission: WRITERS_ONLY,
        responses: { 200: "The delivery.", 404: "There is no such delivery." },
        run: ({ params }, { services }) => getDelivery(services, params),
      },
    },

    actions: {
      "ping-webhook": {
        about: "Sends a message of the type ping to a webhook, to test it.",
        on: ["collection"],
        params: hookInput,
        retries: 0,
        run: async ({ params, uri, job }, { services, log }) =>
          sendPing(services, await findCollectionHook(services.data, uri, params.hook), job.id, {
            log,
            signal: job.signal,
          }),
      },
      "resend-webhook": {
        about: "Sends a delivery in the webhook's log again, under the same id.",
        on: ["collection"],
        params: deliveryInput,
        retries: 0,
        run: async ({ params, uri, job }, { services, log }) =>
          resendDelivery(services, await findCollectionHook(services.data, uri, params.hook), params.delivery, {
            log,
            signal: job.signal,
          }),
      },
      "enable-webhook": {
        about: "Enables a webhook that was disabled because it responded with 410, and closes its circuit.",
        on: ["collection"],
        params: hookInput,
        run: async ({ params, uri }, { services: { data, states } }) =>
          void (await states.enable(await findCollectionHook(data, uri, params.hook))),
      },
      "rotate-webhook-secret": {
        about: "Replaces the secret of a webhook. The old secret stays valid for some hours.",
        on: ["collection"],
        params: rotationInput,
        // A retry would replace the new secret too.
        retries: 0,
        run: async ({ params: { hook, hours }, uri }, { services: { data, states, now } }) => {
          const until = now() + Math.round(hours * 3_600_000);
          await states.rotateSecret(await findCollectionHook(data, uri, hook), until);
          return { old_valid_until: until };
        },
      },
    },

    commands: {
      list: {
        about: "Prints the webhooks from the options, and whether they are disabled or held back.",
        run: async ({ print }, { config, services: { states, now } }) => {
          const hooks = listOwnHooks(config);
          if (hooks.length === 0) print("The options of the plugin have no webhooks. Add them to its option 'hooks'.");
          for (const hook of hooks) {
            const { id, url } = hook;
            print(JSON.stringify({ id, url, ...formatHookState(hook, await states.get(hook), now()) }));
          }
        },
      },
      secret: {
        about: "Prints the secrets of a webhook from the options.",
        flags: hookInput,
        run: async ({ flags, print }, { config, services: { states } }) => {
          const hook = findOwnHook(config, flags.hook);
          for (const secret of await states.getSecrets(hook, await states.get(hook))) print(formatSecret(secret));
        },
      },
      deliveries: {
        about: "Prints the deliveries to a webhook from the options, newest first.",
        flags: latestInput,
        run: async ({ flags, print }, { config, services: { deliveries } }) => {
          for (const delivery of await deliveries.list(findOwnHook(config, flags.hook), flags))
            print(JSON.stringify(formatDelivery(delivery)));
        },
      },
      resend: {
        about: "Sends a delivery in the log of a webhook from the options again.",
        flags: deliveryInput,
        run: async ({ flags: { hook, delivery }, print, signal }, { config, services, log }) =>
          print(JSON.stringify(await resendDelivery(services, findOwnHook(config, hook), delivery, { log, signal }))),
      },
      enable: {
        about:
          "Enables a webhook from the options that was disabled because it responded with 410, and closes its circuit.",
        flags: hookInput,
        run: async ({ flags }, { config, services: { states } }) =>
          void (await states.enable(findOwnHook(config, flags.hook))),
      },
    },
  })(input);
};

const resourceNeeds = ({ hooks, private: allowPrivate }: Options) => ({
  data: need.scope(need.data({ read: ["/buckets/*/collections/*"] }), "own-worker"),
  state: need.scope(need.state({ writeScope: "own-worker" }), "api-and-own-worker"),
  http: need.http({ private: allowPrivate }),
  key: need.scope(need.secret("key"), "api-and-own-worker"),
  ...secretNeeds(hooks),
});

/** The secrets that the operator stores in parameters. */
const secretNeeds = (
  hooks: Options["hooks"],
): Readonly<Record<`secret-${string}`, ReturnType<typeof need.parameter>>> =>
  Object.fromEntries(
    hooks.flatMap(({ id, secret }) =>
      secret === undefined ? [] : [[`secret-${id}`, need.scope(need.parameter(`${id}-secret`, secret), "own-worker")]],
    ),
  );
