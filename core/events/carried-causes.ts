import { type Provenance, requireEnd } from "./provenance.ts";

/** Begins the name of a part that an event from outside says it comes of: no part of this store is called so. */
const OUTSIDE = "outside:";
/** Begins the resource of an event of a bus that names a part. */
const RESOURCE = "kintoun:cause:";
/** What stands beside a message that parts led to: their names, with commas between them. */
export const CAUSES = "kintoun.cause";
/** What a queue may be called. */
const PART = /^[\w-]{1,80}$/;
/** Names that are looked at: with more than these, what came in can't go on anyway. */
const MOST = 20;

/** The parts that led to what goes out now, the last one last. Throws where they are too many for a change, too. */
export const causesOut = (provenance: Provenance = {}): readonly string[] => {
  requireEnd(provenance);
  return (provenance.cause ?? []).map((part) => (part.startsWith(OUTSIDE) ? part.slice(OUTSIDE.length) : part));
};

/** As resources of an event of a bus, which is what such an event has room for beside what it tells. */
export const toResources = (causes: readonly string[]): string[] => causes.map((part) => `${RESOURCE}${part}`);

/** What an event of a bus says that it comes of. Anybody who may put events there may say so: it counts for the length of the chain alone. */
export const fromResources = (resources: unknown): Pick<Provenance, "cause"> =>
  outside(
    Array.isArray(resources)
      ? resources.flatMap((one) =>
          typeof one === "string" && one.startsWith(RESOURCE) ? [one.slice(RESOURCE.length)] : [],
        )
      : [],
  );

/** What a message says that it comes of, likewise. */
export const fromAttribute = (causes: string | undefined): Pick<Provenance, "cause"> =>
  outside(causes?.split(",") ?? []);

const outside = (parts: readonly string[]): Pick<Provenance, "cause"> => {
  const cause = parts.filter((part) => PART.test(part)).slice(-MOST);
  return cause.length === 0 ? {} : { cause: cause.map((part) => `${OUTSIDE}${part}`) };
};
