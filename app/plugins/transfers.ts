import type { ObjectRef, ResourceName } from "../../core/resources.ts";
import type { PackedFile, ReceivedObject, TransferInstance } from "../../kit/parts/transfer.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { AppContext } from "../app-context.ts";

/** What plugins have added to an object, by plugin. */
export type PackedParts = Readonly<Record<string, PackedPart>>;

interface PackedPart {
  readonly extra?: JsonObject | undefined;
  readonly file?: PackedFile | undefined;
}

/** What plugins of another store have added to an object, by plugin. */
export type ReceivedParts = Readonly<Record<string, Pick<ReceivedObject, "extra" | "file">>>;

/** Objects on their way from and to other stores. */
export interface Transfers {
  /** Returns the data of an object as it leaves the store, and what plugins add to it. */
  pack(ref: ObjectRef, data: JsonObject): Promise<{ readonly data: JsonObject; readonly parts: PackedParts }>;
  /** Returns the data to store of an object of another store. */
  unpack(ref: ObjectRef, data: JsonObject, parts: ReceivedParts): Promise<JsonObject>;
  /** Whether a plugin takes over what it has added to objects elsewhere. */
  has(plugin: string): boolean;
}

/** Starts the plugins that take part in transfers. */
export const openTransfers = async (app: AppContext): Promise<Transfers> => {
  const owners = app.config.plugins.filter(({ transfer }) => transfer.length > 0);
  const instances: (readonly [plugin: string, of: Readonly<Record<ResourceName, TransferInstance>>])[] = [];
  for (const plugin of owners) instances.push([plugin.name, (await app.start(plugin)).transfer]);
  const instancesOf = ({ resourceName }: ObjectRef) =>
    instances.flatMap(([plugin, of]) => {
      const instance = of[resourceName];
      return instance === undefined ? [] : [{ plugin, instance }];
    });
  return {
    pack: async (ref, data) => {
      const parts: Record<string, PackedPart> = {};
      let packed = data;
      for (const { plugin, instance } of instancesOf(ref)) {
        const { data: next, extra, file } = await instance.pack({ uri: ref.uri, data: packed });
        packed = next;
        if (extra !== undefined || file !== undefined)
          parts[plugin] = { ...(extra && { extra }), ...(file && { file }) };
      }
      return { data: packed, parts };
    },
    unpack: async (ref, data, parts) => {
      let unpacked = data;
      for (const { plugin, instance } of instancesOf(ref).toReversed())
        unpacked = await instance.unpack({ uri: ref.uri, data: unpacked, ...parts[plugin] });
      return unpacked;
    },
    has: (plugin) => instances.some(([name]) => name === plugin),
  };
};
