import type { JsonObject } from "../../lib/json.ts";
import { mapValues } from "../../lib/util/map-values.ts";
import type { PluginContext } from "../context.ts";
import type { Named, Part, ShapeOf } from "./part.ts";

/**
 * How objects of a resource move to another store by `kintoun export` and `kintoun import`, if only this store can use
 * what is stored of them.
 * @example
 * const transfer: TransferDefinition<void, { seal(text: string): string; open(sealed: string): string }> = {
 *   pack: ({ data: { pin, ...data } }, { services }) => ({ data, extra: { pin: services.open(String(pin)) } }),
 *   unpack: ({ data, extra }, { services }) => ({ ...data, pin: services.seal(String(extra?.pin)) }),
 * };
 */
export interface TransferDefinition<Config, Services> {
  /** Returns an object in a form that every store can use. The same object must always have the same form. */
  readonly pack: (
    object: TransferredObject,
    context: PluginContext<Config, Services>,
  ) => PackedObject | Promise<PackedObject>;
  /**
   * Returns the data to store, and stores what belongs to it. It may run again for the same object. Is called for each object
   * of the resource, also for those without `extra` and `file`.
   */
  readonly unpack: (
    object: ReceivedObject,
    context: PluginContext<Config, Services>,
  ) => JsonObject | Promise<JsonObject>;
}

/**
 * An object that is transferred.
 * @example
 * const idOf = ({ data }: TransferredObject): string => String(data.id);
 */
export interface TransferredObject {
  readonly uri: string;
  readonly data: JsonObject;
}

/**
 * An object in a form that every store can use.
 * @example
 * const packed: PackedObject = { data: { id: "alice" }, extra: { color: "red" } };
 */
export interface PackedObject {
  readonly data: JsonObject;
  /** What is not in the object's data. It may be secret. */
  readonly extra?: JsonObject | undefined;
  readonly file?: PackedFile | undefined;
}

/**
 * A file of a packed object.
 * @example
 * const isEmpty = ({ bytes }: PackedFile): boolean => bytes === 0;
 */
export interface PackedFile {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Reads the content in parts of any size. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/**
 * An object of another store.
 * @example
 * const hasFile = ({ file }: ReceivedObject): boolean => file !== undefined;
 */
export interface ReceivedObject extends TransferredObject {
  readonly extra?: JsonObject | undefined;
  /** The file, whose content is on disk and has this size and sum. */
  readonly file?: (Omit<PackedFile, "read"> & { readonly content: Blob }) | undefined;
}

export interface TransferPart<Config, Services> {
  /** By the name of the resource. */
  readonly transfer?: Named<TransferDefinition<Config, NoInfer<Services>>>;
}

export interface TransferInstance {
  readonly pack: (object: TransferredObject) => Promise<PackedObject>;
  readonly unpack: (object: ReceivedObject) => Promise<JsonObject>;
}

export const transfer: Part<readonly string[], Named<TransferInstance>> = {
  kind: "object",
  shape: { pack: "function!", unpack: "function!" } satisfies ShapeOf<TransferDefinition<never, never>>,
  resolve: (definition) => Object.keys(definition.transfer ?? {}),
  check: (plugin, { resources }) =>
    resources === undefined
      ? []
      : plugin.transfer
          .filter((name) => resources.find(name) === undefined)
          .map((name) => ({
            path: `transfer.${name}`,
            message: `there is no resource '${name}'. There are: ${resources.all.map((one) => one.name).join(", ")}.`,
          })),
  bind: (definition, context) =>
    mapValues(definition.transfer, ({ pack, unpack }) => ({
      pack: async (object) => pack(object, context),
      unpack: async (object) => unpack(object, context),
    })),
};
