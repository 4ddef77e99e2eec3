import { Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../config/user-error.ts";
import { didYouMean } from "../lib/util/nearest.ts";

/** The data folder of `npm start`. */
export const DEFAULT_DATA_FOLDER = ".kintoun";

/** The store that a command works on: a data folder, local endpoints or a deployed stack. */
export type StoreTarget =
  | { readonly kind: "data"; readonly folder: string }
  | { readonly kind: "endpoints"; readonly sqs: string; readonly dynamodb: string }
  | { readonly kind: "stack"; readonly name: string };

/** The values of the options that {@link addStoreOptions} adds. */
export interface StoreOptions {
  readonly data: string;
  readonly endpoint?: string;
  readonly dynamodb?: string;
  readonly stack?: string;
}

/** Adds the options that choose the store. */
export const addStoreOptions = (command: Command): Command =>
  command
    .addOption(dataOption().conflicts(["endpoint", "stack"]))
    .addOption(stackOption().conflicts(["endpoint"]))
    .addOption(new Option("--endpoint <url>", "SQS endpoint of a local store").argParser(parseUrl))
    .addOption(new Option("--dynamodb <url>", "DynamoDB endpoint, together with --endpoint").argParser(parseUrl));

export const dataOption = (): Option =>
  new Option("--data <folder>", "data folder of a local store").default(DEFAULT_DATA_FOLDER).argParser(parseText);

export const stackOption = (): Option =>
  new Option("--stack <name>", "CloudFormation stack of a deployed store").argParser(parseText);

/** An endpoint that no request is sent to, for commands that do not use the table. */
const UNUSED_ENDPOINT = "http://127.0.0.1:1";

/** The store that the options choose. @param needsTable whether the command uses the table */
export const readStoreTarget = ({ data, endpoint, dynamodb, stack }: StoreOptions, needsTable = true): StoreTarget => {
  if (dynamodb !== undefined && endpoint === undefined)
    throw new UserError(["--dynamodb needs --endpoint. Add --endpoint with the URL of the SQS endpoint."]);
  if (endpoint !== undefined && dynamodb === undefined && needsTable)
    throw new UserError(["--endpoint needs --dynamodb here. Add --dynamodb with the URL of the DynamoDB endpoint."]);
  if (endpoint !== undefined) return { kind: "endpoints", sqs: endpoint, dynamodb: dynamodb ?? UNUSED_ENDPOINT };
  return stack === undefined ? { kind: "data", folder: data } : { kind: "stack", name: stack };
};

/** Creates a command with the settings of all commands. */
export const createCommand = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .showSuggestionAfterError()
    .showHelpAfterError("Run the command with --help for its usage.");

/**
 * Creates a command with subcommands. Rejects unknown names, which its default subcommand would otherwise receive as
 * arguments.
 *
 * @param hint returns what to do when the name was meant for an argument
 */
export const createGroup = (name: string, description: string, hint = (_name: string): string => ""): Command =>
  createCommand(name, description).hook("preSubcommand", (group) => {
    const [first] = group.args;
    if (first === undefined || first.startsWith("-")) return;
    const names = group.commands.map((command) => command.name());
    if (!names.includes(first))
      group.error(`error: unknown command '${group.name()} ${first}'. ${didYouMean(first, names)}${hint(first)}`);
  });

/** Refuses an empty value, such as that of a variable which is not set. */
export const parseText = (text: string): string => {
  if (text.trim() === "") throw new InvalidArgumentError("It is empty.");
  return text;
};

export const parseUrl = (text: string): string => {
  if (!/^https?:\/\/./.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError("Expected a URL that begins with http:// or https://.");
  return text;
};

export const parsePort = (text: string): number => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError("Expected a number from 0 to 65535.");
  return Number(text);
};

export const parseCount = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return Number(text);
};

const MIN_RATE = 0.01;

/** A rate per second. */
export const parseRate = (text: string): number => {
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(text) || Number(text) < MIN_RATE)
    throw new InvalidArgumentError(`Expected a number of at least ${MIN_RATE}.`);
  return Number(text);
};

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** An ISO date with an optional time, in UTC unless it has a time zone. */
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Parses a time in the past: an ISO date or time, epoch ms such as a `last_modified`, or an age such as `90s`, `10m`,
 * `2h`, `7d`.
 *
 * @returns epoch ms
 */
export const parsePastTime = (text: string, now = Date.now()): number => {
  const time = toEpochMs(text, now);
  if (time === undefined)
    throw new InvalidArgumentError(
      "Expected a time such as 2030-01-31T12:00:00Z, a last_modified, or an age such as 10m, 2h or 7d.",
    );
  // The timestamp of a list may be ahead of the clock.
  if (time > now && !/^\d+$/.test(text))
    throw new InvalidArgumentError(`Expected a time in the past; it is now ${new Date(now).toISOString()}.`);
  return time;
};

const toEpochMs = (text: string, now: number): number | undefined => {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Math.max(0, now - Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS]);
  if (/^\d{11,15}$/.test(text)) return Number(text);
  const [, date, zone] = DATE.exec(text) ?? [];
  // Date.parse would read February 30 as March 2.
  if (date === undefined || !isCalendarDate(date)) return undefined;
  const time = Date.parse(zone === undefined && text.includes("T") ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
};

const isCalendarDate = (date: string): boolean => {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
};
