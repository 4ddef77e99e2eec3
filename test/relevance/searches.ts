// cspell:disable
/** What a person types, and what is expected. */
export interface RelevanceCase {
  readonly q: string;
  /** The right first hit, or those that are equally right. */
  readonly first: string | readonly string[];
  /** What must also be within the first five hits. */
  readonly within?: readonly string[];
}

/** Countries by their code of three letters. */
export const COUNTRY_SEARCHES: readonly RelevanceCase[] = [
  { q: "germany", first: "DEU" },
  { q: "grmany", first: "DEU" },
  { q: "deutschland", first: "DEU" },
  { q: "united states", first: "USA" },
  { q: "usa", first: "USA" },
  { q: "uk", first: "GBR" },
  { q: "great britain", first: "GBR" },
  { q: "holland", first: "NLD" },
  { q: "ivory coast", first: "CIV" },
  { q: "cote divoire", first: "CIV" },
  { q: "sao tome", first: "STP" },
  { q: "curacao", first: "CUW" },
  { q: "north korea", first: "PRK", within: ["KOR"] },
  { q: "swit", first: "CHE" },
  { q: "swizerland", first: "CHE" },
  { q: "new zeland", first: "NZL" },
  { q: "phillipines", first: "PHL" },
  { q: "paris", first: "FRA" },
  { q: "canberra", first: "AUS" },
  { q: "reykjavik", first: "ISL" },
  { q: "indian rupee", first: "IND" },
  { q: "swiss franc", first: "CHE", within: ["LIE"] },
  { q: "espana", first: "ESP" },
  { q: "россия", first: "RUS" },
  { q: "日本", first: "JPN" },
  { q: "burma", first: "MMR" },
  { q: "emirates", first: "ARE" },
  { q: "trinidad", first: "TTO" },
];

/** Packages by their name. */
export const PACKAGE_SEARCHES: readonly RelevanceCase[] = [
  { q: "typescript", first: "typescript" },
  { q: "oxlint", first: "oxlint" },
  { q: "uuid", first: "uuid" },
  { q: "validate json schema", first: "ajv" },
  { q: "send email", first: "nodemailer" },
  { q: "email parser", first: "postal-mime" },
  { q: "smtp server", first: "smtp-server" },
  { q: "cron", first: "croner" },
  { q: "property based testing", first: "fast-check" },
  { q: "bundler", first: "esbuild" },
  { q: "unused dependencies", first: "knip" },
  { q: "spell checker", first: "cspell" },
  { q: "mutation testing", first: ["@stryker-mutator/core", "@stryker-mutator/api"] },
  { q: "http benchmarking tool", first: "autocannon" },
  { q: "comander", first: "commander" },
  { q: "nodmailer", first: "nodemailer" },
  { q: "least recently used cache", first: "lru-cache" },
  { q: "semantic versioning", first: "semver" },
  { q: "markdown parser", first: "markdown-it" },
  { q: "full text search in the browser", first: "lunr" },
  { q: "linear time regular expressions", first: "re2js" },
  { q: "indexeddb", first: "fake-indexeddb" },
  { q: "countries", first: "world-countries" },
  { q: "webhook signatures", first: "standardwebhooks" },
  { q: "code coverage", first: "c8" },
  { q: "arbitrary precision decimal", first: "decimal.js" },
  { q: "yaml", first: ["yaml", "js-yaml"], within: ["yaml", "js-yaml"] },
];

/** Meanings by one of their words. */
export const DICTIONARY_SEARCHES: readonly RelevanceCase[] = [
  { q: "fear of spiders", first: "arachnophobia" },
  { q: "fear of heights", first: "acrophobia" },
  { q: "young dog", first: "puppy" },
  { q: "young cat", first: "kitten" },
  { q: "young sheep", first: "lamb" },
  { q: "adult male horse", first: "stallion" },
  { q: "african flightless bird", first: "ostrich" },
  { q: "girafe", first: "giraffe" },
  { q: "hipopotamus", first: "hippopotamus" },
  { q: "saffron rice", first: "paella" },
  { q: "raw fish", first: "sashimi", within: ["sushi"] },
  { q: "croisant", first: "croissant" },
  { q: "mashed chickpeas", first: "hummus" },
  { q: "nostalgia", first: "nostalgia" },
  { q: "great happiness", first: ["joy", "elation", "ecstasy", "bliss"], within: ["joy"] },
  { q: "inability to sleep", first: "insomnia" },
  { q: "common cold", first: "common cold" },
  { q: "colour blindness", first: "color blindness" },
  { q: "dolphins", first: "dolphin" },
  { q: "butterflies", first: "butterfly" },
  { q: "king penguin", first: "king penguin" },
  { q: "polar bear", first: "polar bear" },
  { q: "sea cow", first: "sea cow" },
  { q: "espresso", first: "espresso" },
  { q: "capuchino", first: "cappuccino" },
];
