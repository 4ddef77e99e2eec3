import type { IndexUser, JsonObject, TypeDefinition } from "@kintoun/kit";
import { projectsOf, toTime } from "./networks.ts";

/** The class `PortIndex` of Searchlight. */
export const ports = {
  about: "The ports of networks.",
  of: () => "/buckets/openstack/collections/ports",
  version: ({ updated_at }: JsonObject) => toTime(updated_at),
  mapping: {
    properties: {
      id: { type: "keyword" },
      network_id: { type: "keyword" },
      name: { type: "text", fields: { raw: { type: "keyword" } } },
      mac_address: { type: "keyword" },
      fixed_ips: { type: "nested", properties: { ip_address: { type: "keyword" }, subnet_id: { type: "keyword" } } },
      status: { type: "keyword" },
      tenant_id: { type: "keyword" },
      updated_at: { type: "date" },
    },
  },
  access: (user: IndexUser) => [{ terms: { tenant_id: projectsOf(user) } }],
  // allow_admin_ignore_rbac
  allProjects: false,
  adminOnlyFields: () => ["binding:*"],
  // parent_plugin_type and get_parent_id_field
  parent: { type: "OS::Neutron::Net", field: "network_id" },
} satisfies TypeDefinition<unknown, unknown>;
