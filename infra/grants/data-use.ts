import type { Config } from "../../config/config.ts";
import { type Area, resourceAt, toAreas } from "../../core/permissions/areas.ts";
import { pluginUserId } from "../../core/permissions/principals.ts";
import type { DataNeed, OwnNeed } from "../../kit/need.ts";
import { MEMBERSHIPS, SHARED, type TableUse } from "./table-use.ts";

type Resources = Config["resources"];

/** Works on the places that a plugin states, in a function that does not serve all objects. */
export const workOnData = (resources: Resources, { plugin, permissions }: DataNeed & OwnNeed): readonly TableUse[] => {
  const areas = toAreas(resources, permissions);
  if (areas.length === 0) return [];
  const writable = areas.filter(({ writable: writes }) => writes);
  const written = keysOf(resources, writable);
  // Rows that lead to what is written: from those it is shared with, and, of groups, from their members.
  const rows = writable.some((area) => kindsIn(resources, area).includes("group")) ? [MEMBERSHIPS, SHARED] : [SHARED];
  const walkable = areas.filter(({ includesChildren: below }) => below);
  // Nothing gives a list at the top level to read but a permission on all that it holds.
  const listed = keysOf(resources, walkable).filter(
    (key) => key.lastIndexOf("/") > 0 || walkable.some(({ path }) => key === listOf(path) && path[1] === "*"),
  );
  const reading: readonly TableUse[] = [
    { actions: ["BatchGetItem"], keys: [...new Set([...areas.flatMap(above), ...keysOf(resources, areas)])] },
    { actions: ["Query"], keys: listed, index: true },
    // Who reads a place reads its lists; others look for what objects share with them.
    ...(Object.keys(permissions).every((permission) => permission === "read" || permission === "write")
      ? []
      : [{ actions: ["Query"], keys: [`who#${pluginUserId(plugin)}`] }]),
  ];
  if (written.length === 0) return reading;
  return [
    ...reading,
    { actions: ["PutItem"], keys: [...written, ...rows] },
    { actions: ["UpdateItem"], keys: written },
    { actions: ["BatchWriteItem", "DeleteItem"], keys: rows },
  ];
};

/** The lists of areas' objects, and of what stands in them. */
const keysOf = (resources: Resources, areas: readonly Area[]): readonly string[] => {
  const keys = areas.flatMap((area) => [
    listOf(area.path),
    ...(kindsIn(resources, area).length > 1 ? [`/${area.path.join("/")}/*`] : []),
  ]);
  return [...new Set(keys)];
};

const listOf = (path: readonly string[]): string => `/${path.slice(0, -1).join("/")}`;

/** The lists of what an area's objects stand in. */
const above = ({ path }: Area): readonly string[] =>
  path.length <= 2
    ? []
    : [...above({ path: path.slice(0, -2), includesChildren: false, writable: false }), listOf(path.slice(0, -2))];

/** The types of objects that an area may hold. */
const kindsIn = (resources: Resources, { path, includesChildren: below }: Area): readonly string[] => {
  const kind = resourceAt(resources, `/${path.join("/")}`);
  return kind ? (below ? within(kind) : [kind.name]) : [];
};

const within = ({ name, children }: Resources["all"][number]): readonly string[] => [name, ...children.flatMap(within)];
