import { definePlugin, type HttpClient, type IndexObjects, need } from "@kintoun/kit";
import * as z from "zod";
import { networks, serializeNetwork, toTime } from "./networks.ts";
import { ports } from "./ports.ts";

const options = z.object({
  /** Neutron's address. */
  url: z.string(),
  /** Whether anonymous users see networks. */
  isPublic: z.boolean().default(false),
});
export type NeutronConfig = z.infer<typeof options>;
export interface NeutronServices {
  readonly http: HttpClient;
  readonly networks: IndexObjects;
  readonly ports: IndexObjects;
}

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
  setup: ({ resources }): NeutronServices => resources,
  indexes: { "OS::Neutron::Net": networks, "OS::Neutron::Port": ports },
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
