import { hash } from "node:crypto";
import { toError } from "../lib/util/to-error.ts";
import type { Account } from "./account.ts";
import { RESOURCE_TYPES, UNREHEARSED_TYPES } from "./resources/index.ts";
import type { CreatedResource } from "./resources/resource-type.ts";
import { ExpressionError, evaluate, findReferences, holdsCondition, type Scope } from "./template/evaluate.ts";
import type { Template, TemplateResource } from "./template/template.ts";

interface StackResource {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly created: CreatedResource;
}

/** A stack: the resources that a template has made, by their logical ids. */
export class RehearsedStack {
  readonly name: string;
  readonly #account: Account;
  #resources = new Map<string, StackResource>();
  outputs: Readonly<Record<string, string>> = {};

  constructor(name: string, account: Account) {
    this.name = name;
    this.#account = account;
  }

  /** The id that CloudFormation gives the stack. */
  get id(): string {
    const uuid = hash("sha256", this.name).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
    return `arn:aws:cloudformation:${this.#account.region}:${this.#account.id}:stack/${this.name}/${uuid}`;
  }

  /**
   * Creates the template's resources, or updates those of an earlier deployment; functions and policies are replaced, and
   * stateful resources are kept. Problems in the template become findings.
   * @param given values of parameters
   */
  async deploy(template: Template, given: Readonly<Record<string, string>> = {}): Promise<void> {
    const { findings } = this.#account;
    const previous = this.#resources;
    const next = new Map<string, StackResource>();
    this.#resources = next;
    const scope = this.#createScope(template, given, next);
    const wanted = Object.entries(template.Resources).filter(
      ([id, { Condition }]) =>
        this.#try(id, () => Condition === undefined || holdsCondition(scope, Condition)) ?? false,
    );
    // Mappings and functions of the old template end before those of the new one start.
    await this.#stop(previous);
    for (const [logicalId, resource] of this.#sort(scope, wanted)) {
      const properties = this.#try(logicalId, () => evaluate(scope, resource.Properties) as Record<string, unknown>);
      if (properties === undefined) continue;
      const created = await this.#create(logicalId, resource, properties, previous.get(logicalId));
      next.set(logicalId, { type: resource.Type, properties, created });
    }
    for (const [id, { type, properties }] of previous)
      if (!next.has(id) && RESOURCE_TYPES[type]?.replacedBy !== undefined)
        findings.add("removes-data", id, `The new template has no ${type} ${JSON.stringify(properties).slice(0, 200)}`);
    this.outputs = Object.fromEntries(
      Object.entries(template.Outputs)
        .filter(([, { Condition }]) => Condition === undefined || holdsCondition(scope, Condition))
        .map(([name, { Value }]) => [name, this.#try(name, () => String(evaluate(scope, Value))) ?? ""]),
    );
  }

  async #create(
    logicalId: string,
    { Type: type }: TemplateResource,
    properties: Readonly<Record<string, unknown>>,
    previous: StackResource | undefined,
  ): Promise<CreatedResource> {
    const account = this.#account;
    const report = (rule: string, message: string) => account.findings.add(rule, logicalId, message);
    const nothing: CreatedResource = { ref: this.#generateName(logicalId, 64), attributes: UNKNOWN_ATTRIBUTES };
    if (UNREHEARSED_TYPES.has(type)) {
      account.unrehearsed.add(type);
      return nothing;
    }
    const known = RESOURCE_TYPES[type];
    if (known === undefined) {
      report("unknown-resource-type", `The rehearsal does not know ${type}`);
      return nothing;
    }
    for (const name of Object.keys(properties))
      if (!known.properties.includes(name))
        report("unknown-property", `The rehearsal does not know ${name} of ${type}`);
    for (const name of known.replacedBy ?? [])
      if (previous?.type === type && JSON.stringify(previous.properties[name]) !== JSON.stringify(properties[name]))
        report("replaces-data", `A change of ${name} replaces the ${type}, with its data`);
    try {
      return await known.create({
        account,
        logicalId,
        properties,
        previous: previous?.type === type ? previous.created : undefined,
        generateName: (maxLength) => this.#generateName(logicalId, maxLength),
        report,
      });
    } catch (error) {
      report("not-created", `${type}: ${toError(error).message}`);
      return nothing;
    }
  }

  /** A name as CloudFormation makes it: of the stack, the logical id and twelve characters. */
  #generateName(logicalId: string, maxLength: number): string {
    const end = `-${hash("sha256", `${this.name} ${logicalId}`).toUpperCase().slice(0, 12)}`;
    return `${this.name}-${logicalId}`.slice(0, maxLength - end.length) + end;
  }

  #createScope(
    template: Template,
    given: Readonly<Record<string, string>>,
    resources: ReadonlyMap<string, StackResource>,
  ): Scope {
    const { region, id: account, findings } = this.#account;
    const parameters = new Map<string, unknown>([
      ["AWS::AccountId", account],
      ["AWS::Partition", "aws"],
      ["AWS::Region", region],
      ["AWS::StackId", this.id],
      ["AWS::StackName", this.name],
      ["AWS::URLSuffix", "amazonaws.com"],
    ]);
    for (const [name, { Type, Default, AllowedValues }] of Object.entries(template.Parameters)) {
      const value = given[name] ?? (Default === undefined ? undefined : String(Default));
      if (value === undefined) findings.add("missing-parameter", name, "The parameter has no default and no value");
      else if (AllowedValues !== undefined && !AllowedValues.map(String).includes(value))
        findings.add("wrong-parameter", name, `${value} is not one of its allowed values`);
      parameters.set(
        name,
        /^(CommaDelimitedList|List<)/.test(Type) ? (value ?? "").split(",").map((one) => one.trim()) : (value ?? ""),
      );
    }
    return {
      parameters,
      mappings: template.Mappings,
      conditions: template.Conditions,
      ref: (id) => resources.get(id)?.created.ref,
      attribute: (id, name) => resources.get(id)?.created.attributes[name],
    };
  }

  /** The resources in an order in which each comes after those that it refers to. */
  #sort(
    scope: Scope,
    wanted: readonly (readonly [string, TemplateResource])[],
  ): readonly (readonly [string, TemplateResource])[] {
    const byId = new Map(wanted);
    const sorted: (readonly [string, TemplateResource])[] = [];
    const visited = new Set<string>();
    const visit = (id: string, resource: TemplateResource, path: readonly string[]): void => {
      if (path.includes(id))
        throw new ExpressionError(`The resources refer to each other: ${[...path, id].join(" > ")}`);
      if (visited.has(id)) return;
      visited.add(id);
      const needed = [...resource.DependsOn, ...findReferences(scope, resource.Properties)];
      for (const other of new Set(needed)) {
        const found = byId.get(other);
        if (found !== undefined) visit(other, found, [...path, id]);
      }
      sorted.push([id, resource]);
    };
    // Policies come before what needs them, as a deployment would retry until they apply.
    const first = wanted.toSorted(([, a], [, b]) => rankOf(a) - rankOf(b));
    for (const [id, resource] of first) this.#try(id, () => visit(id, resource, []));
    return sorted;
  }

  #try<T>(id: string, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.#account.findings.add("wrong-expression", id, error.message);
      return undefined;
    }
  }

  async #stop(resources: ReadonlyMap<string, StackResource>): Promise<void> {
    const all = [...resources.values()].toReversed();
    // Mappings first: they wait for running invocations.
    const isMapping = ({ type }: StackResource) => type === "AWS::Lambda::EventSourceMapping";
    await Promise.all(all.filter(isMapping).map(async ({ created }) => created.stop?.()));
    for (const { created } of all.filter((one) => !isMapping(one))) await created.stop?.();
  }

  async close(): Promise<void> {
    await this.#stop(this.#resources);
  }
}

const rankOf = ({ Type }: TemplateResource): number =>
  /^AWS::(IAM|SQS::QueuePolicy|S3::BucketPolicy)/.test(Type) ? 0 : Type === "AWS::Lambda::EventSourceMapping" ? 2 : 1;

/** The attributes of what is not rehearsed: any name has a text. */
const UNKNOWN_ATTRIBUTES: Readonly<Record<string, unknown>> = new Proxy(
  {},
  { get: (_, name) => `unrehearsed-${String(name)}` },
);
