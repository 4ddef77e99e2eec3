import { readFileSync } from "node:fs";
import * as z from "zod";
import { UserError } from "../../config/user-error.ts";

const record = z.record(z.string(), z.unknown());

const resourceSchema = z.object({
  Type: z.string(),
  Properties: record.default({}),
  Condition: z.string().exactOptional(),
  DependsOn: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  DeletionPolicy: z.string().exactOptional(),
  UpdateReplacePolicy: z.string().exactOptional(),
});

const parameterSchema = z.object({
  Type: z.string(),
  Default: z.unknown().optional(),
  AllowedValues: z.array(z.unknown()).exactOptional(),
  AllowedPattern: z.string().exactOptional(),
  MinLength: z.coerce.number().exactOptional(),
});

const templateSchema = z.object({
  Parameters: z.record(z.string(), parameterSchema).default({}),
  Conditions: record.default({}),
  Mappings: z.record(z.string(), z.record(z.string(), record)).default({}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown(), Condition: z.string().exactOptional() })).default({}),
});

/** A template of CloudFormation, as far as the rehearsal reads it. */
export type Template = z.output<typeof templateSchema>;
export type TemplateResource = Template["Resources"][string];

/** Reads a template. @param name of the file, for messages. Throws a {@link UserError} when it is not a template. */
const parseTemplate = (text: string, name: string): Template => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError([
      `${name} is not JSON: ${String(error)}. Give a template that cdk synth or npm run package wrote.`,
    ]);
  }
  const read = templateSchema.safeParse(value);
  if (read.success) return read.data;
  throw new UserError(
    read.error.issues.map(
      ({ path, message }) => `${name} is not a template of CloudFormation: ${path.join(".")}: ${message}`,
    ),
  );
};

export const readTemplate = (file: string): Template => parseTemplate(readFileSync(file, "utf8"), file);
