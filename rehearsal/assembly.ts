import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { unzipSync } from "fflate";
import * as z from "zod";
import { UserError } from "../config/user-error.ts";
import { readTemplate, type Template } from "./template/template.ts";

/** Templates with their code: what `cdk synth` or `npm run package` wrote. */
export interface Assembly {
  /** In the order in which they are deployed. */
  readonly stacks: readonly { readonly name: string; readonly template: Template }[];
  /** The folder of a function's code. @param code the property `Code`, evaluated */
  readonly findCode: (code: unknown) => string | undefined;
}

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      dependencies: z.array(z.string()).default([]),
      properties: z
        .object({ templateFile: z.string().exactOptional(), stackName: z.string().exactOptional() })
        .default({}),
    }),
  ),
});
const assetsSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

const MANIFEST = "manifest.json";

/**
 * Reads an assembly. Throws a {@link UserError} when there is none.
 * @param path a folder that `cdk synth -o` wrote, or a template beside the zips of its functions
 * @param unzipped folder for the code of zips
 */
export const readAssembly = (path: string, unzipped: string): Assembly => {
  if (existsSync(join(path, MANIFEST))) return readCloudAssembly(resolve(path));
  if (existsSync(path) && path.endsWith(".json")) return readPackage(resolve(path), unzipped);
  throw new UserError([
    `${path} is neither a folder of cdk synth nor a template. Make one: npm run synth -- -o FOLDER, or npm run package.`,
  ]);
};

const readCloudAssembly = (folder: string): Assembly => {
  const { artifacts } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")));
  const names = Object.keys(artifacts).filter((name) => artifacts[name]?.type === "aws:cloudformation:stack");
  const ordered: string[] = [];
  const visit = (name: string): void => {
    if (ordered.includes(name) || !names.includes(name)) return;
    artifacts[name]?.dependencies.forEach(visit);
    ordered.push(name);
  };
  names.forEach(visit);
  const stacks = ordered.map((name) => {
    const { templateFile = `${name}.template.json`, stackName = name } = artifacts[name]?.properties ?? {};
    return { name: stackName, template: readTemplate(join(folder, templateFile)) };
  });
  const assets = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith(".assets.json"))
      .flatMap((file) => Object.values(assetsSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))).files))
      .flatMap(({ source, destinations }) =>
        Object.values(destinations).map(({ objectKey }) => [objectKey, join(folder, source.path)] as const),
      ),
  );
  return { stacks, findCode: (code) => assets.get(keyOf(code)) };
};

const keyOf = (code: unknown): string =>
  typeof code === "object" && code !== null && "S3Key" in code ? String(code.S3Key) : "";

const readPackage = (file: string, unzipped: string): Assembly => {
  const folder = dirname(file);
  return {
    stacks: [{ name: "Kintoun", template: readTemplate(file) }],
    findCode: (code) => {
      const zip = join(folder, basename(keyOf(code)));
      if (!existsSync(zip) || !zip.endsWith(".zip")) return undefined;
      const target = join(unzipped, basename(zip, ".zip"));
      if (!existsSync(target)) unzip(zip, target);
      return target;
    },
  };
};

const unzip = (zip: string, target: string): void => {
  for (const [name, content] of Object.entries(unzipSync(readFileSync(zip)))) {
    if (name.endsWith("/")) continue;
    const file = resolve(target, name);
    if (!file.startsWith(`${target}/`)) throw new UserError([`${zip} has a file outside of its folder: ${name}.`]);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
};
