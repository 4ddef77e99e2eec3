import { DISPATCH_FAILURES_QUEUE, toDeadLetterQueue } from "../core/ports/queue.ts";
import { type NamedQueue, queueName } from "./queues.ts";
import { UserError } from "./user-error.ts";

/** Where a deployed function finds its table and queues. */
export interface StoreLocation {
  readonly table: string;
  /** Queue URLs by name: all work queues, and the dead-letter queue of this function. */
  readonly queues: Readonly<Record<string, string>>;
  /** Name of the queue that a worker works on. */
  readonly listener?: string | undefined;
  /** Host names of OpenSearch domains, by the names of the domains. */
  readonly searchEndpoints?: Readonly<Record<string, string>>;
  /** Name of the bucket with copies of the embedded engine's indexes. */
  readonly indexCopies?: string;
  /** Names of the buckets with plugins' files, by plugin. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names of the log groups of the store's functions. */
  readonly logGroups?: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The variables of a {@link StoreLocation}. */
export const LOCATION_VARIABLES: readonly string[] = [
  "KINTOUN_TABLE",
  "KINTOUN_QUEUES",
  "KINTOUN_LISTENER",
  "KINTOUN_DEAD_LETTERS",
  "KINTOUN_SEARCH_ENDPOINTS",
  "KINTOUN_INDEX_COPIES",
  "KINTOUN_FILES",
  "KINTOUN_LOG_GROUPS",
];

/** Reads the variables that {@link toLocationVariables} wrote. @param workQueues the queues of the config */
export const readStoreLocation = (variables: Variables, workQueues: readonly NamedQueue[]): StoreLocation => {
  const {
    KINTOUN_LISTENER: listener,
    KINTOUN_DEAD_LETTERS: deadLetters,
    KINTOUN_SEARCH_ENDPOINTS: searchEndpoints,
    KINTOUN_INDEX_COPIES: indexCopies,
    KINTOUN_FILES: files,
    KINTOUN_LOG_GROUPS: logGroups,
  } = variables;
  const { KINTOUN_TABLE: table = "", KINTOUN_QUEUES: store = "" } = variables;
  const missing = ["KINTOUN_TABLE", "KINTOUN_QUEUES"].filter((name) => (variables[name] ?? "") === "");
  if (missing.length > 0)
    throw new UserError(missing.map((name) => `The variable ${name} is missing. Deploy the stack again.`));
  const ownDeadLetters = listener === undefined ? DISPATCH_FAILURES_QUEUE : toDeadLetterQueue(listener);
  return {
    table,
    queues: {
      ...Object.fromEntries(workQueues.map((queue) => [queue.name, queueName(store, queue)])),
      ...(deadLetters !== undefined && { [ownDeadLetters]: deadLetters }),
    },
    listener,
    ...(searchEndpoints !== undefined && { searchEndpoints: parsePairs(searchEndpoints) }),
    ...(indexCopies !== undefined && { indexCopies }),
    ...(files !== undefined && { files: parsePairs(files) }),
    ...(logGroups !== undefined && { logGroups: logGroups.split(",") }),
  };
};

/** Parses what {@link formatPairs} wrote, for example `books=search-books-abc.eu-central-1.es.amazonaws.com,films=…`. */
export const parsePairs = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(text.split(",").map((entry) => entry.split("=", 2)));

/** What {@link toLocationVariables} converts. */
export interface LocationOptions {
  readonly table: string;
  /** Common prefix of the URLs of all work queues, which takes less space than the URLs. */
  readonly queues: string;
  readonly listener?: string;
  /** URL of the function's dead-letter queue: that of its listener, or `dispatch-failures`. */
  readonly deadLetters?: string;
  readonly searchEndpoints?: Readonly<Record<string, string>>;
  readonly indexCopies?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly logGroups?: readonly string[];
}

/** Converts a location to variables; the inverse of {@link readStoreLocation}. */
export const toLocationVariables = ({
  table,
  queues,
  listener,
  deadLetters,
  searchEndpoints = {},
  indexCopies,
  files = {},
  logGroups = [],
}: LocationOptions): Record<string, string> => {
  const [endpoints, buckets] = [formatPairs(searchEndpoints), formatPairs(files)];
  return {
    KINTOUN_TABLE: table,
    KINTOUN_QUEUES: queues,
    ...(listener !== undefined && { KINTOUN_LISTENER: listener }),
    ...(deadLetters !== undefined && { KINTOUN_DEAD_LETTERS: deadLetters }),
    ...(endpoints !== "" && { KINTOUN_SEARCH_ENDPOINTS: endpoints }),
    ...(indexCopies !== undefined && { KINTOUN_INDEX_COPIES: indexCopies }),
    ...(buckets !== "" && { KINTOUN_FILES: buckets }),
    ...(logGroups.length > 0 && { KINTOUN_LOG_GROUPS: logGroups.join() }),
  };
};

/** Formats names and values without `=` and commas. */
export const formatPairs = (pairs: Readonly<Record<string, string>>): string =>
  Object.entries(pairs)
    .map(([key, value]) => `${key}=${value}`)
    .join();
