import type { IndexUser, JsonObject, TypeDefinition } from "@kintoun/kit";

/** The projects of a user are the groups of the bucket. */
const GROUPS = "/buckets/openstack/groups/";
export const projectsOf = ({ principals }: IndexUser): string[] =>
  principals.flatMap((one) => (one.startsWith(GROUPS) ? [one.slice(GROUPS.length)] : []));

/** Neutron's times are in UTC. */
export const toTime = (text: unknown): number => Date.parse(`${String(text).replace(" ", "T")}Z`);

/** `serialize`: a network as it is searched. */
export const serializeNetwork = ({ subnets, ...network }: JsonObject): JsonObject => ({
  ...network,
  project_id: network.tenant_id ?? null,
  subnet_ids: subnets ?? [],
});

/** The class `NetworkIndex` of Searchlight. */
export const networks = {
  about: "The networks of a cloud.",
  of: () => "/buckets/openstack/collections/networks",
  // get_version
  version: ({ updated_at }: JsonObject) => toTime(updated_at),
  // serialize
  document: serializeNetwork,
  // get_mapping
  mapping: {
    dynamic: true,
    properties: {
      id: { type: "keyword" },
      name: { type: "text", fields: { raw: { type: "keyword" } } },
      status: { type: "keyword" },
      tenant_id: { type: "keyword" },
      project_id: { type: "keyword" },
      mtu: { type: "integer", doc_values: false },
      "provider:network_type": { type: "keyword" },
      "provider:segmentation_id": { type: "long" },
      "router:external": { type: "boolean" },
      shared: { type: "boolean" },
      created_at: { type: "date" },
      updated_at: { type: "date" },
    },
  },
  // _get_rbac_field_filters
  access: (user: IndexUser) => [
    { terms: { tenant_id: projectsOf(user) } },
    { term: { shared: true } },
    { term: { "router:external": true } },
  ],
  // facets_excluded and facets_with_options
  facets: {
    exclude: ["project_id", "tenant_id", "created_at", "updated_at"],
    withOptions: ["status", "router:external", "shared"],
  },
  // admin_only_fields
  adminOnlyFields: () => ["provider:*"],
} satisfies TypeDefinition<unknown, unknown>;
