import type { JsonObject } from "../../lib/json.ts";
import { once } from "../../lib/util/once.ts";
import type { Authorizer, Grants } from "../permissions/authorizer.ts";
import { readPrincipals, type UserId } from "../permissions/principals.ts";
import { ANY_ID } from "../permissions/scope.ts";
import { BUCKETS, type ObjectRef, objectRef } from "../resources.ts";
import type { Session } from "../store/session.ts";
import { anyOf, type Clause } from "./clause.ts";
import { parseClause } from "./parse-query.ts";
import { QueryContext } from "./query-context.ts";
import type { SearchSettings } from "./search-settings.ts";
import { TypeContext } from "./type-context.ts";

/** A type that a plugin defines: the records of one collection, with rules of their own. */
export interface PluginType {
  readonly name: string;
  readonly collection: ObjectRef;
  /** From its mapping, instead of the collection's metadata. */
  readonly settings: SearchSettings;
  /** Fields that are no facets, or for administrators only; `*` matches any characters. */
  readonly facets: { readonly exclude: readonly string[]; readonly adminOnly: readonly string[] };
  /** Fields that only administrators find and see; `*` matches any characters. */
  readonly adminOnlyFields: readonly string[];
  /** The types of the objects whose ids are in these fields. */
  readonly links: Readonly<Record<string, string>>;
  readonly parent: { readonly type: string; readonly field: string } | undefined;
  /** Whether administrators may search without {@link TypeRules.access}. */
  readonly allProjects: boolean;
  /** Whether `access` decides who finds documents, instead of the permissions to read the records. */
  readonly hasAccess: boolean;
  readonly hasPolicy: boolean;
  /** Starts the plugin and returns its functions. */
  readonly rules: () => Promise<TypeRules>;
}

/** The user, as rules of plugins see it. */
interface RuleUser {
  readonly id: UserId;
  readonly principals: readonly string[];
}

interface TypeRules {
  readonly access: ((user: RuleUser) => Promise<readonly JsonObject[]>) | undefined;
  /** Whether the type exists for a user. */
  readonly policy: (user: RuleUser) => Promise<boolean>;
}

/** A type as one user searches it. */
export interface TypeView {
  readonly type: PluginType;
  /** Whether the user finds and sees the fields of administrators. */
  readonly isAdministrator: boolean;
  /** What the user finds; `undefined` for everything that the permissions allow. */
  readonly filter: Clause | undefined;
}

/** Whether settings let a user read all buckets, as `all_projects` and admin-only fields demand. */
export const isAdministrator = (authorizer: Authorizer, grants: Grants): Promise<boolean> =>
  authorizer.hasAnyOn("read", objectRef(BUCKETS, ANY_ID), [
    ...grants.principals("read", "bucket", null),
    ...grants.principals("write", "bucket", null),
  ]);

/** Returns those of some types that their policies do not hide from a user. */
export const withoutHidden = async <Type extends { readonly definition: PluginType }>(
  types: readonly Type[],
  readUser: ViewOptions["readUser"],
): Promise<readonly Type[]> => {
  const visible: Type[] = [];
  for (const type of types) {
    const { hasPolicy, rules } = type.definition;
    if (!hasPolicy || (await (await rules()).policy(await readUser()))) visible.push(type);
  }
  return visible;
};

/**
 * Returns a type, which is not hidden from the user, as the user searches it.
 * @param options `allProjects`: whether an administrator searches without the type's access rule
 */
export const viewType = async (
  type: PluginType,
  { readUser, isAdministrator, allProjects }: ViewOptions,
): Promise<TypeView> => {
  const view = { type, isAdministrator };
  if (!type.hasAccess || (allProjects && isAdministrator && type.allProjects)) return { ...view, filter: undefined };
  const { access } = await type.rules();
  return { ...view, filter: access && parseAccess(type, await access(await readUser())) };
};

export interface ViewOptions {
  readonly readUser: () => Promise<RuleUser>;
  readonly isAdministrator: boolean;
  readonly allProjects: boolean;
}

/** Reads the user for the rules of all types of a search when it is first needed. */
export const createUserReader = (session: Session, user: UserId): ViewOptions["readUser"] =>
  once(async () => ({ id: user, principals: await readAllPrincipals(session, user) }));

/** Maximum number of pages of a user's groups. Anyone can add a user to groups. */
const MAX_PRINCIPAL_PAGES = 10;

const readAllPrincipals = async (session: Session, user: UserId): Promise<readonly string[]> => {
  const principals: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PRINCIPAL_PAGES; page++) {
    const part = await readPrincipals(session, user, after);
    principals.push(...part.principals);
    after = part.next;
    if (after === undefined) break;
  }
  return principals;
};

/** Parses what a plugin returns. A wrong clause is not the fault of the user who searches. */
const parseAccess = ({ name, settings }: PluginType, rules: readonly JsonObject[]): Clause => {
  const context = new QueryContext(Date.now(), new TypeContext({ searched: [settings.fields] }));
  try {
    return anyOf(rules.map((rule, index) => parseClause(rule, `access.${index}`, context)));
  } catch (error) {
    throw new TypeError(`The rule 'access' of the type ${name} returns a wrong clause`, { cause: error });
  }
};
