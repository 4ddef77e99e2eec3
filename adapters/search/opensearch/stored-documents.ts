import type { Generation } from "../../../core/resources.ts";
import type { JsonObject } from "../../../lib/json.ts";
import type { Cluster } from "./client.ts";
import { isIndexName } from "./index-template.ts";
import type { BulkResponse } from "./index-writes.ts";
import { type IndexedList, type StoredVersion, toSettingsId } from "./positions.ts";

/** Sends the lines of a bulk request. */
export const sendBulk = ({ call }: Cluster, lines: readonly JsonObject[]): Promise<BulkResponse> =>
  call<BulkResponse>("POST", "/_bulk", { lines });

/** Where a bulk request writes a document. An alias must exist, so that no index of its name is created by accident. */
export const toPlace = (
  { isServerless }: Pick<Cluster, "isServerless">,
  target: string,
  generation: Generation,
): JsonObject => ({
  _index: target,
  ...(!isServerless && { routing: generation, require_alias: !isIndexName(target) }),
});

interface FoundDocument {
  readonly found?: boolean;
  readonly _version?: number;
  readonly _source?: { readonly position?: number; readonly settings?: string };
}

/** Reads what an index has of documents of a generation, also before they can be searched. */
export const readVersions = async (
  { call, isServerless }: Cluster,
  target: string,
  generation: Generation,
  ids: readonly string[],
): Promise<readonly (StoredVersion | undefined)[]> => {
  const { docs = [] } = await call<{ docs?: readonly FoundDocument[] }>("POST", `/${target}/_mget`, {
    body: { docs: ids.map((id) => ({ _id: id, ...(!isServerless && { routing: generation }) })) },
    ignore: [404],
  });
  return docs.map(({ found, _version = 0, _source }) =>
    found === true ? { version: _version, position: _source?.position, settings: _source?.settings } : undefined,
  );
};

/** Writes the position of a generation, unless the index has one with a greater version. */
export const writePosition = async (
  cluster: Cluster,
  target: string,
  { generation, group }: Pick<IndexedList, "generation" | "group">,
  position: number,
  version: number,
): Promise<void> => {
  await writeNote(cluster, target, generation, { id: group, version, document: { g: group, position } });
};

/**
 * Writes the settings by which the documents of a generation are made, unless the index has some of a greater version.
 * @param version 1 for those of a new generation, else the present time
 */
export const writeSettings = (
  cluster: Cluster,
  target: string,
  generation: Generation,
  settings: string,
  version: number,
): Promise<void> =>
  writeNote(cluster, target, generation, {
    id: toSettingsId(generation),
    version,
    document: { g: generation, settings },
  });

const writeNote = async (
  cluster: Cluster,
  target: string,
  generation: Generation,
  { id, version, document }: { readonly id: string; readonly version: number; readonly document: JsonObject },
): Promise<void> => {
  const place = toPlace(cluster, target, generation);
  const action = { index: { ...place, _id: id, version, version_type: "external_gte" } };
  const { items = [] } = await sendBulk(cluster, [action, document]);
  for (const { index } of items)
    if (index.status >= 300 && index.status !== 409)
      throw new Error(`OpenSearch did not accept the document ${id}: ${index.status} ${index.error?.type}`);
};
