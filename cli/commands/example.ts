import type { Command } from "commander";
import { UserError } from "../../config/user-error.ts";
import { truncateText } from "../../lib/util/truncate-text.ts";
import { createCommand, dataOption, parseText, parseUrl } from "../options.ts";
import { signUp } from "../sign-up.ts";

const USER = { id: "example", password: "countries" };
const COLLECTION = "/buckets/example/collections/countries";
/** Number of parallel requests. */
const CONCURRENCY = 8;

const SEARCHES = [
  {
    about: "Countries with 海 in their Japanese or Chinese name",
    body: {
      query: { multi_match: { query: "海", fields: ["translations.jpn.common", "translations.zho.common"] } },
      _source: ["name.common", "translations.zho.common"],
    },
  },
  {
    about: "The largest landlocked countries of Africa",
    body: {
      query: { bool: { must: [{ match: { region: "africa" } }], filter: [{ term: { landlocked: true } }] } },
      sort: [{ area: "desc" }],
      size: 3,
      _source: ["name.common", "area"],
    },
  },
  {
    about: "Countries with the euro, by subregion",
    body: {
      query: { exists: { field: "currencies.EUR" } },
      size: 0,
      aggs: { parts: { terms: { field: "subregion.keyword" } } },
    },
  },
];

export const exampleCommand = (): Command =>
  createCommand(
    "example",
    "Load 250 countries through the HTTP API and run three searches. Uses a temporary store if none is running.",
  )
    .option(
      "--url <url>",
      "API of a running store, for example http://localhost:8888/v1; the store of --data if left out",
      parseUrl,
    )
    .addOption(dataOption())
    .option(
      "--authorization <header>",
      `header of a user who may create buckets; the account '${USER.id}' with the password '${USER.password}' if left out`,
      parseText,
    )
    .action(runExample);

interface ExampleOptions {
  readonly url?: string;
  readonly data: string;
  readonly authorization?: string;
}

const runExample = async ({ url, data, authorization }: ExampleOptions): Promise<void> => {
  const [{ loadConfig }, { startCloud }, { findRunningCloud }] = await Promise.all([
    import("../../config/load-config.ts"),
    import("../../local/cloud.ts"),
    import("../../local/running-cloud.ts"),
  ]);
  const running = url ?? findRunningCloud(data)?.url;
  const cloud = running === undefined ? await startCloud({ config: await loadConfig(), port: 0 }) : undefined;
  try {
    const api = running ?? cloud?.url ?? "";
    await loadAndSearch(api, authorization ?? (await signUp(api, USER)));
    console.log(`\n${cloud === undefined ? describeReaders(api, authorization === undefined) : TEMPORARY}`);
  } finally {
    await cloud?.close();
  }
};

const TEMPORARY =
  "The store was temporary. To keep the countries, run npm start first, and then this command in another terminal.";

const describeReaders = (api: string, isExampleUser: boolean): string =>
  [
    `The countries are in ${api}${COLLECTION}. Only ${isExampleUser ? `the account '${USER.id}'` : "the user of --authorization"} can read them:`,
    `  curl ${isExampleUser ? `-u ${USER.id}:${USER.password}` : "-H 'Authorization: …'"} '${api}${COLLECTION}/records?region=Africa&_sort=-area&_limit=3'`,
  ].join("\n");

/** The printed parts of a search response. */
interface SearchResponse {
  readonly took: number;
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly _id: string; readonly _source: unknown }[];
  };
  readonly aggregations?: {
    readonly parts: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
  };
}

/** Loads the data, which is large: a project installs it only for this command. */
const importCountries = async () => {
  try {
    return (await import("world-countries/countries.json", { with: { type: "json" } })).default;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")
      throw new UserError(["The countries are not installed. Run: npm install --no-save world-countries"]);
    throw error;
  }
};

const loadAndSearch = async (url: string, authorization: string): Promise<void> => {
  const countries = await importCountries();
  const send = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new UserError([
        `${method} ${url}${path} returned ${response.status}: ${truncateText(await response.text(), 300)}`,
      ]);
    return response.json() as Promise<SearchResponse>;
  };
  await send("PUT", "/buckets/example");
  await send("PUT", COLLECTION);

  let done = 0;
  const load = async (from: number) => {
    for (let i = from; i < countries.length; i += CONCURRENCY) {
      await send("PUT", `${COLLECTION}/records/${countries[i]?.cca3}`, { data: countries[i] });
      if (++done % 50 === 0) console.log(`${done} of ${countries.length} countries stored`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, (_, i) => load(i)));

  for (let found = 0, tries = 0; found < countries.length; tries++) {
    if (tries === 300)
      throw new UserError([
        `A search finds only ${found} of ${countries.length} countries. Check that the plugin 'search' is active and its worker is running.`,
      ]);
    found = (await send("POST", `${COLLECTION}/search`, { size: 0 })).hits.total.value;
    if (found < countries.length) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log(`A search finds all ${countries.length} countries.`);

  for (const { about, body } of SEARCHES) {
    const { took, hits, aggregations } = await send("POST", `${COLLECTION}/search`, body);
    console.log(
      `\n${about}\nPOST ${COLLECTION}/search\n${JSON.stringify(body)}\n${hits.total.value} hits in ${took} ms`,
    );
    for (const { _id, _source } of hits.hits.slice(0, 5)) console.log(`  ${_id}  ${JSON.stringify(_source)}`);
    for (const { key, doc_count } of aggregations?.parts.buckets ?? [])
      console.log(`  ${String(doc_count).padStart(3)}  ${key}`);
  }
};
