import { PACKAGE_VARIABLE_PREFIX, PACKAGE_VARIANT_VARIABLE } from "../../config/function-variables.ts";
import type { KintounConfig } from "../../kit/config.ts";
import { accounts } from "../../plugins/accounts/index.ts";
import { admin } from "../../plugins/admin/index.ts";
import { apiDocs } from "../../plugins/api-docs/index.ts";
import { email } from "../../plugins/email/index.ts";
import { search } from "../../plugins/search/index.ts";

/** How a packaged store searches: not at all, with the embedded engine, or with OpenSearch. */
export const SEARCH_OPTIONS = ["none", "sqlite", "opensearch-domain", "opensearch-serverless"] as const;
export const MAIL_OPTIONS = ["off", "on"] as const;

/** What is chosen when the stack is created, and determines its resources. */
export interface PackageChoices {
  readonly Search: (typeof SEARCH_OPTIONS)[number];
  readonly Mail: (typeof MAIL_OPTIONS)[number];
}

/** Values of parameters that only functions need. */
export interface PackageValues {
  /** The id of the administrator's account: a mail address. */
  readonly administrator: string;
  /** The address that mail is sent from. */
  readonly sender: string;
  /** The name of the OpenSearch domain or collection. */
  readonly searchName: string;
}

/** The variables of functions for the choices and values. */
export const PACKAGE_VARIABLES = {
  variant: PACKAGE_VARIANT_VARIABLE,
  administrator: `${PACKAGE_VARIABLE_PREFIX}ADMINISTRATOR`,
  sender: `${PACKAGE_VARIABLE_PREFIX}SENDER`,
  searchName: `${PACKAGE_VARIABLE_PREFIX}SEARCH_NAME`,
} as const;

/** The name of a variant: `sqlite,off`. */
export const toVariantName = ({ Search, Mail }: PackageChoices): string => [Search, Mail].join();

const REPLACED_PLUGINS = ["accounts", "admin", "api-docs", "email", "search"];

/**
 * The config of a packaged store: that of `kintoun.config.ts`, with the plugins that parameters determine.
 * @param written the export of `kintoun.config.ts`
 */
export const packagedConfig = (
  written: KintounConfig,
  { Search, Mail }: PackageChoices,
  { administrator, sender, searchName }: PackageValues,
): KintounConfig => {
  const own = written.plugins.find(({ definitionName }) => definitionName === "accounts")?.options;
  return {
    ...written,
    // Settings are part of the bundles, which do not know the administrator.
    settings: { ...written.settings, jobsWritePrincipals: [] },
    plugins: [
      accounts({
        ...(own as Parameters<typeof accounts>[0]),
        writePrincipals: [`account:${administrator}`],
        ...(Mail === "on" && { mail: { from: sender } }),
      }),
      ...written.plugins.filter(({ definitionName }) => !REPLACED_PLUGINS.includes(definitionName)),
      // Pages cost nothing at rest. The plugin console has a queue for jobs, which does.
      admin(),
      apiDocs(),
      ...(Search === "none" ? [] : [search(SEARCH_ENGINES[Search](searchName))]),
      ...(Mail === "on" ? [email({ from: sender, collectionHooks: true })] : []),
    ],
  };
};

const SEARCH_ENGINES: Readonly<
  Record<Exclude<PackageChoices["Search"], "none">, (name: string) => Parameters<typeof search>[0]>
> = {
  sqlite: () => ({}),
  "opensearch-domain": (domain) => ({ domain }),
  "opensearch-serverless": (name) => ({ serverless: { name } }),
};

/** The config of a function of a packaged store, from its variables. */
export const readPackagedConfig = (
  written: KintounConfig,
  variables: Readonly<Record<string, string | undefined>>,
): KintounConfig => {
  const read = (name: keyof typeof PACKAGE_VARIABLES): string => {
    const value = variables[PACKAGE_VARIABLES[name]];
    if (value === undefined)
      throw new TypeError(`The variable ${PACKAGE_VARIABLES[name]} is missing. Update the stack with its template.`);
    return value;
  };
  const [Search, Mail] = read("variant").split(",") as [PackageChoices["Search"], PackageChoices["Mail"]];
  return packagedConfig(
    written,
    { Search, Mail },
    { administrator: read("administrator"), sender: read("sender"), searchName: read("searchName") },
  );
};
