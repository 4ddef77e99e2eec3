import { definePlugin, need } from "@kintoun/kit";
import * as z from "zod";
import { networks, serializeNetwork, toTime } from "./networks.ts";
import { listNeutron } from "./neutron-client.ts";
import { ports } from "./ports.ts";

const options = z.object({
  /** Neutron's address. */
  url: z.string(),
  /** Whether anonymous users see networks. */
  isPublic: z.boolean().default(false),
});

const network = z.looseObject({ id: z.string(), name: z.string(), updated_at: z.string() });
const notification = z.object({
  payload: z.object({ network: network.optional(), network_id: z.string().optional() }),
  metadata: z.object({ timestamp: z.string() }),
});

export const neutron = definePlugin({
  name: "neutron",
  about: "Finds the networks and ports of a cloud.",
  config: options,
  needs: () => ({
    http: need.http({ private: true }),
    networks: need.index("OS::Neutron::Net"),
    ports: need.index("OS::Neutron::Port"),
  }),
  setup: ({ resources }) => resources,
  indexes: {
    "OS::Neutron::Net": {
      ...networks,
      // get_objects
      objects: ({ config, services }) => listNeutron(services.http, config.url, "networks"),
      // service_type and resource_allowed_policy_target
      policy: ({ id }, { config }) => id !== null || config.isPublic,
    },
    "OS::Neutron::Port": {
      ...ports,
      objects: ({ config, services }) => listNeutron(services.http, config.url, "ports"),
    },
  },
  // Initial indexing, and what Searchlight's option --notification-less does.
  schedules: {
    sync: {
      about: "Stores all networks and ports every night.",
      cron: "0 3 * * *",
      run: async ({ job: { signal } }, { services }) => ({
        networks: { ...(await services.networks.sync({ signal })) },
        ports: { ...(await services.ports.sync({ signal })) },
      }),
    },
  },
  commands: {
    sync: {
      about: "Stores all networks and ports now.",
      run: async ({ signal, print }, { services }) => {
        for (const name of ["networks", "ports"] as const) {
          const { saved, unchanged, deleted } = await services[name].sync({ signal });
          print(`${name}: ${saved} saved, ${unchanged} unchanged, ${deleted} deleted`);
        }
      },
    },
  },
  // The notification handler
  inbound: {
    notifications: {
      about: "Follows the networks.",
      from: need.events({ source: ["neutron"], "detail-type": [{ prefix: "network." }] }),
      schema: notification,
      // A version that is repeated changes nothing.
      idempotent: true,
      run: async ({ type = "", detail: { payload, metadata } }, { services }) => {
        if (!type.endsWith(".end")) return;
        if (type === "network.delete.end") {
          const { network_id: id = "" } = payload;
          await services.networks.delete(id, { version: toTime(metadata.timestamp) });
          return { publish: [{ event_type: type, id }] };
        }
        if (payload.network === undefined) return;
        const network = JSON.parse(JSON.stringify(payload.network));
        if (!(await services.networks.save(network))) return;
        // pipeline.IndexItem
        return { publish: [{ event_type: type, ...serializeNetwork(network) }] };
      },
    },
  },
});
