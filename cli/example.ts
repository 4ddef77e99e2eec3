import { parseArgs } from "node:util";
import countries from "world-countries/countries.json" with { type: "json" };
import { loadConfig } from "../config/load-config.ts";
import { UserError } from "../config/problem.ts";
import { startCloud } from "../local/cloud.ts";

const AUTHORIZATION = {
  authorization: `Basic ${Buffer.from("example:example").toString("base64")}`,
  "content-type": "application/json",
};
const COLLECTION = "/buckets/example/collections/countries";
/** Requests under way at once. */
const AT_ONCE = 8;

const SEARCHES = [
  {
    about: "Countries that are called 海 somewhere in Japanese or Chinese",
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
    about: "Where the euro is money, by part of the world",
    body: {
      query: { exists: { field: "currencies.EUR" } },
      size: 0,
      aggs: { parts: { terms: { field: "subregion.keyword" } } },
    },
  },
];

/** `npm run example`: 250 countries, nested and in many scripts, through the HTTP API; then three searches. Into a store of its own, or one that runs: --url URL */
export const run = async (args: readonly string[]): Promise<void> => {
  const { url } = readOptions(args);
  const cloud = url === undefined ? await startCloud({ config: await loadConfig(), port: 0 }) : undefined;
  try {
    await show(url ?? cloud?.url ?? "");
  } finally {
    await cloud?.close();
  }
};

/** What of a search's answer is shown. */
interface Found {
  readonly took: number;
  readonly hits: {
    readonly total: { readonly value: number };
    readonly hits: readonly { readonly _id: string; readonly _source: unknown }[];
  };
  readonly aggregations?: {
    readonly parts: { readonly buckets: readonly { readonly key: string; readonly doc_count: number }[] };
  };
}

const show = async (url: string): Promise<void> => {
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: AUTHORIZATION,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new UserError([
        `${method} ${url}${path} was answered ${response.status}: ${(await response.text()).slice(0, 300)}`,
      ]);
    return response.json() as Promise<Found>;
  };
  await ask("PUT", "/buckets/example");
  await ask("PUT", COLLECTION);

  let done = 0;
  const load = async (from: number) => {
    for (let i = from; i < countries.length; i += AT_ONCE) {
      await ask("PUT", `${COLLECTION}/records/${countries[i]?.cca3}`, { data: countries[i] });
      if (++done % 50 === 0) console.log(`${done} of ${countries.length} countries stored`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => load(i)));

  for (let found = 0, tries = 0; found < countries.length; tries++) {
    if (tries === 300)
      throw new UserError([
        `Only ${found} of ${countries.length} countries can be found: is the plugin 'search' active, and its worker running?`,
      ]);
    found = (await ask("POST", `${COLLECTION}/search`, { size: 0 })).hits.total.value;
    if (found < countries.length) await new Promise((resolve) => setTimeout(resolve, 100));
  }
  console.log(`All ${countries.length} can be found.`);

  for (const { about, body } of SEARCHES) {
    const { took, hits, aggregations } = await ask("POST", `${COLLECTION}/search`, body);
    console.log(
      `\n${about}\nPOST ${COLLECTION}/search\n${JSON.stringify(body)}\n${hits.total.value} found in ${took} ms`,
    );
    for (const { _id, _source } of hits.hits.slice(0, 5)) console.log(`  ${_id}  ${JSON.stringify(_source)}`);
    for (const { key, doc_count } of aggregations?.parts.buckets ?? [])
      console.log(`  ${String(doc_count).padStart(3)}  ${key}`);
  }
};

const readOptions = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options: { url: { type: "string" } } }).values;
  } catch (error) {
    throw new UserError([
      error instanceof Error ? error.message : String(error),
      "npm run example -- [--url http://localhost:8888/v1]",
    ]);
  }
};
