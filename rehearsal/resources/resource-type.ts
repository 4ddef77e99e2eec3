import type { Account } from "../account.ts";

/** A resource of the template while it is created or updated. */
export interface ResourceContext {
  readonly account: Account;
  readonly logicalId: string;
  /** Evaluated. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** What the resource was before an update. */
  readonly previous: CreatedResource | undefined;
  /** The name that CloudFormation gives it when the template gives none. @param maxLength of the service */
  readonly generateName: (maxLength: number) => string;
  readonly report: (rule: string, message: string) => void;
}

/** A resource that exists. */
export interface CreatedResource {
  /** What `Ref` is. */
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ends it when an update replaces it, when the template does not have it any more, and at the end of the rehearsal. */
  readonly stop?: () => Promise<void>;
}

/** A type of resources, in one file each. */
export interface ResourceType {
  /** The properties that the rehearsal knows, with effect or without. Others are findings. */
  readonly properties: readonly string[];
  /** Those that replace the resource, with its data, when they change. */
  readonly replacedBy?: readonly string[];
  create(context: ResourceContext): Promise<CreatedResource>;
}

/** A property as text. Reports one that is missing. */
export const requireText = ({ properties, report }: ResourceContext, name: string): string => {
  const value = properties[name];
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number") return String(value);
  report("missing-property", `${name} is missing or no text`);
  return "";
};

/** A property as a list of objects. */
export const objectsOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];

/** A property as an object. */
export const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
