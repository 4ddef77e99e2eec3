/** The answer of `GET /__operations__/overview`. */
export interface Overview {
  readonly version: string;
  readonly node: string;
  readonly place: "aws" | "laptop";
  readonly plugins: readonly PluginReport[];
  readonly queues: readonly QueueReport[];
  readonly actions: readonly ActionReport[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
  readonly health: { readonly isHealthy: boolean; readonly checks: Readonly<Record<string, boolean>> };
  readonly mail: "caught" | "sent";
}

export interface PluginReport {
  readonly name: string;
  readonly definition: string;
  readonly about: string;
  readonly version?: string;
  readonly url?: string;
  readonly parts: readonly { readonly kind: string; readonly name: string; readonly description: string }[];
}

export interface QueueReport {
  readonly name: string;
  readonly plugin: string | null;
  readonly kind: "purge" | "listener" | "inbound" | "jobs";
  readonly on: readonly string[];
  readonly buckets?: readonly string[];
  readonly collections?: readonly string[];
  readonly publishers: readonly string[];
  readonly ordered: boolean;
  readonly tries: number;
  readonly timeLimit: number;
  readonly standalone: boolean;
}

export interface ActionReport {
  readonly name: string;
  readonly plugin: string;
  readonly about: string;
  readonly on: readonly string[];
  readonly permission: string;
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly required: boolean }>>;
}

export interface Finding {
  readonly severity: "error" | "warning" | "note";
  readonly check: string;
  readonly message: string;
  readonly action: string;
}

/** What reaches a queue, in words: `record.create in the buckets blog`. */
export const describeSource = ({ kind, on, buckets, collections }: QueueReport): string => {
  if (kind === "jobs") return "jobs of actions and schedules";
  if (kind === "inbound") return "messages from outside";
  const places = [
    buckets === undefined ? "" : ` in the buckets ${buckets.join(", ")}`,
    collections === undefined ? "" : ` in the collections ${collections.join(", ")}`,
  ].join("");
  return `${kind === "purge" ? "deletions of objects with content" : on.join(", ")}${places}`;
};

/** The parts of a plugin by kind, the needs last. */
export const groupParts = ({ parts }: Pick<PluginReport, "parts">) =>
  [...Map.groupBy(parts, ({ kind }) => kind)].map(([kind, grouped]) => ({ kind, parts: grouped }));

/** The findings, the most severe first. */
export const sortFindings = ({ findings }: Pick<Overview, "findings">): readonly Finding[] =>
  findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));

const SEVERITIES: readonly Finding["severity"][] = ["error", "warning", "note"];

/** Kinds of parts whose names have no plural of their own. */
const UNCOUNTED = /^(authentication|pages|user info|versions)$/;

/** "2 before hooks", "1 route". @param kind such as `hook before` */
export const describeCount = (kind: string, count: number): string => {
  const name = kind.replace(/^hook (.+)$/, "$1 hook");
  if (UNCOUNTED.test(name)) return count === 1 ? name : `${count} ${name}`;
  return `${count} ${name}${count === 1 ? "" : name.endsWith("x") ? "es" : "s"}`;
};
