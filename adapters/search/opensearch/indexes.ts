import { once } from "../../../lib/util/once.ts";
import type { Cluster } from "./client.ts";
import { toAlias, toIndexName, toIndexTemplate } from "./index-template.ts";

export type IndexMaker = ReturnType<typeof createIndexMaker>;

/** Creates what writes need: the template, and the first index of a type with its alias. */
export const createIndexMaker = ({ call, isServerless }: Pick<Cluster, "call" | "isServerless">) => {
  const putTemplate = once(() => call("PUT", "/_index_template/kintoun", { body: toIndexTemplate(isServerless) }));
  const made = new Map<string, () => Promise<void>>();
  return {
    /** Creates the first index of a type unless the type has one. */
    ensure: async (type: string): Promise<void> => {
      const make =
        made.get(type) ??
        once(async () => {
          await putTemplate();
          const aliased = await call<Record<string, unknown>>("GET", `/_alias/${toAlias(type)}`, { ignore: [404] });
          if (Object.hasOwn(aliased, "error") || Object.keys(aliased).length === 0)
            await createIndex(call, type, 1, true);
        });
      made.set(type, make);
      await make();
    },
    /** Looks for the index again at the next write. */
    forget: (type: string): void => {
      made.delete(type);
    },
  };
};

/** Creates an index of a type. It may exist already. @param isCurrent whether it gets the type's alias */
const createIndex = async (call: Cluster["call"], type: string, number: number, isCurrent: boolean): Promise<void> => {
  await call("PUT", `/${toIndexName(type, number)}`, {
    body: isCurrent ? { aliases: { [toAlias(type)]: { is_write_index: true } } } : {},
    ignore: [400],
  });
};
