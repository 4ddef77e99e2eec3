import type { Cluster } from "./client.ts";
import { toAlias, toBuildAlias, toIndexName, toIndexNumber } from "./index-template.ts";

/** The indexes of a type, by their numbers. */
export interface TypeIndexes {
  /** The one that is searched and written to. */
  readonly current: number | undefined;
  /** The one that is being built, or has become the current one and is not yet complete. */
  readonly building: number | undefined;
  readonly all: readonly number[];
}

type Aliases = Readonly<Record<string, { readonly aliases?: Readonly<Record<string, unknown>> }>>;

/** Finds the indexes of a type. */
export const findIndexes = async ({ call }: Pick<Cluster, "call">, type: string): Promise<TypeIndexes> => {
  const found = await call<Aliases>("GET", `/${toAlias(type)}-*/_alias`, { ignore: [404] });
  const numbered = Object.entries(found).flatMap(([name, { aliases = {} }]) => {
    const number = toIndexNumber(type, name);
    return number === undefined ? [] : [{ number, aliases }];
  });
  const withAlias = (alias: string) => numbered.find(({ aliases }) => Object.hasOwn(aliases, alias))?.number;
  return {
    current: withAlias(toAlias(type)),
    building: withAlias(toBuildAlias(type)),
    all: numbered.map(({ number }) => number).sort((a, b) => a - b),
  };
};

/** Creates an index that is not searched yet. */
export const createBuild = async ({ call }: Pick<Cluster, "call">, type: string, number: number): Promise<void> => {
  await call("PUT", `/${toIndexName(type, number)}`, { body: { aliases: { [toBuildAlias(type)]: {} } } });
};

/** Makes an index the one that is searched and written to. Both steps are one. */
export const swapIndex = async (
  { call }: Pick<Cluster, "call">,
  type: string,
  from: number | undefined,
  to: number,
): Promise<void> => {
  const alias = toAlias(type);
  await call("POST", "/_aliases", {
    body: {
      actions: [
        ...(from === undefined ? [] : [{ remove: { index: toIndexName(type, from), alias } }]),
        { add: { index: toIndexName(type, to), alias, is_write_index: true } },
      ],
    },
  });
};

/** Marks a build as complete. */
export const endBuild = async ({ call }: Pick<Cluster, "call">, type: string, number: number): Promise<void> => {
  const removal = { remove: { index: toIndexName(type, number), alias: toBuildAlias(type) } };
  await call("POST", "/_aliases", { body: { actions: [removal] } });
};

export const deleteIndex = async ({ call }: Pick<Cluster, "call">, type: string, number: number): Promise<void> => {
  await call("DELETE", `/${toIndexName(type, number)}`, { ignore: [404] });
};

/** Deletes the indexes of versions before 0.3, which had one for each generation. */
export const deleteGenerationIndexes = async ({ call }: Pick<Cluster, "call">): Promise<void> => {
  const found = await call<Aliases>("GET", "/kintoun-*/_alias", { ignore: [404] });
  for (const name of Object.keys(found))
    if (/^kintoun-[0-9a-f]{20}$/.test(name)) await call("DELETE", `/${name}`, { ignore: [404] });
};
