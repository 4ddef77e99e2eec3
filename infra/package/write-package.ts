import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Config, readConfig } from "../../config/config.ts";
import { findDeploymentIssues } from "../../config/deployable.ts";
import { toDeployment } from "../../config/deployment.ts";
import { UserError } from "../../config/user-error.ts";
import type { KintounConfig } from "../../kit/config.ts";
import { type BundleFolders, writeBundles } from "../bundle.ts";
import { PACKAGE_CHOICES, PACKAGE_RULES, toPackageChoices } from "./choices.ts";
import { type PackageChoices, packagedConfig, toVariantName } from "./config.ts";
import { listVariants } from "./decision.ts";
import { insertParameters } from "./insert-parameters.ts";
import { mergeTemplates, type Template } from "./merge-templates.ts";
import { synthesizeVariant } from "./package-stack.ts";
import type { ParameterName } from "./parameters.ts";
import { zipFolder } from "./zip.ts";

export const TEMPLATE_FILE = "kintoun.template.json";
const CHECKSUM_FILE = "SHA256SUMS";
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_TEMPLATE_BYTES = 1024 * 1024;
const MAX_RESOURCES = 500;

/** Texts that stand for parameters while a template is made. Plugins check them, so they have the form of real values. */
const STAND_INS = {
  AdministratorAddress: "administrator@kintoun-package.internal",
  SenderAddress: "sender@kintoun-package.internal",
  SearchName: "kintoun-package-search",
} as const satisfies Partial<Record<ParameterName, string>>;

export interface PackageOptions extends Pick<AssemblyOptions, "outdir" | "context"> {
  /** The export of `kintoun.config.ts`. */
  readonly written: KintounConfig;
  /** Its absolute path. */
  readonly configFile: string;
  readonly version: string;
}

export interface Package {
  readonly folder: string;
  /** The names of its files. */
  readonly files: readonly string[];
  readonly template: Template;
}

/**
 * Writes the folder `kintoun-<version>` with a template, the zips of its functions and checksums. The same source gives the same
 * bytes. Throws a {@link UserError} if the config cannot be deployed.
 */
export const writePackage = async ({ written, configFile, version, ...options }: PackageOptions): Promise<Package> => {
  const work = await mkdtemp(join(tmpdir(), "kintoun-package-"));
  try {
    const configs = readVariants(written);
    const folders = await bundleVariants(work, configFile, configs);
    return await assemblePackage({ ...options, configs, folders, name: `kintoun-${version}` });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

interface AssemblyOptions {
  readonly configs: Configs;
  readonly folders: BundleFolders;
  /** The name of the folder that is uploaded. */
  readonly name: string;
  /** The folder that gets the folder of the package. */
  readonly outdir: string;
  /** The context of `cdk.json`. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** Writes a package of bundled functions. */
export const assemblePackage = async ({ outdir, ...options }: AssemblyOptions): Promise<Package> => {
  const folder = join(outdir, options.name);
  const { template, zips } = createTemplate(options);
  const text = `${JSON.stringify(template, null, 1)}\n`;
  const size = Buffer.byteLength(text);
  if (size > MAX_TEMPLATE_BYTES)
    throw new UserError([`The template has ${size} bytes, but CloudFormation accepts 1 MB. Remove plugins.`]);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const contents = new Map<string, Uint8Array | string>([[TEMPLATE_FILE, text]]);
  for (const [zip, source] of [...zips].toSorted()) contents.set(zip, await zipFolder(source));
  contents.set(CHECKSUM_FILE, formatChecksums(contents));
  for (const [file, content] of contents) await writeFile(join(folder, file), content);
  return { folder, files: [...contents.keys()], template };
};

/** The checked configs by variant. */
type Configs = ReadonlyMap<PackageChoices, Config>;

export const readVariants = (written: KintounConfig): Configs =>
  new Map(
    listVariants(PACKAGE_CHOICES)
      .map(toPackageChoices)
      .map((variant) => {
        const exported = packagedConfig(written, variant, {
          administrator: STAND_INS.AdministratorAddress,
          sender: STAND_INS.SenderAddress,
          searchName: STAND_INS.SearchName,
        });
        const config = readConfig(exported, {}, { isDeployed: true });
        const issues = findDeploymentIssues(config, exported);
        if (issues.length > 0) throw new UserError(issues);
        return [variant, config] as const;
      }),
  );

/** Bundles each function once, with the deployments of all variants. */
export const bundleVariants = async (work: string, configFile: string, configs: Configs): Promise<BundleFolders> => {
  const entry = join(work, "config.ts");
  await writeFile(
    entry,
    `import written from ${JSON.stringify(configFile)};
import { readPackagedConfig } from ${JSON.stringify(fileURLToPath(new URL(`./config${extname(import.meta.url)}`, import.meta.url)))};
export default (variables) => readPackagedConfig(written, variables);
`,
  );
  const [first] = configs.values();
  if (first === undefined) throw new TypeError("There is no variant.");
  const deployments = [...configs].map(([variant, config]) => [toVariantName(variant), toDeployment(config)] as const);
  return writeBundles({
    outdir: join(work, "bundles"),
    configFile: entry,
    deployment: toDeployment(first),
    variants: Object.fromEntries(deployments),
    active: [...configs.values()].flatMap(({ plugins }) => plugins.map(({ definitionName }) => definitionName)),
    pages: [
      ...new Set(
        [...configs.values()].flatMap(({ plugins }) =>
          plugins.flatMap(({ pages }) => pages.map(({ folder }) => folder)),
        ),
      ),
    ],
  });
};

/** Merges the templates of all variants, and lists the folders that must be there as zips. */
export const createTemplate = ({ configs, folders, name, context }: Omit<AssemblyOptions, "outdir">) => {
  const zips = new Map<string, string>();
  const variants = [...configs].map(([variant, config]) => {
    const synthesized = synthesizeVariant({ variant, config, folders, folder: name, context });
    for (const [zip, source] of synthesized.zips) zips.set(zip, source);
    return { variant: { ...variant }, template: synthesized.template };
  });
  const merged = mergeTemplates(PACKAGE_CHOICES, variants);
  const byText = Object.fromEntries(Object.entries(STAND_INS).map(([parameter, text]) => [text, parameter]));
  const template = insertParameters({ ...merged, Rules: PACKAGE_RULES }, byText) as Template;
  const count = Object.keys(template.Resources).length;
  if (count > MAX_RESOURCES)
    throw new UserError([
      `The template has ${count} resources, but CloudFormation allows ${MAX_RESOURCES}. Remove plugins.`,
    ]);
  return { template, zips };
};

/** As `sha256sum` writes and checks them. */
const formatChecksums = (contents: ReadonlyMap<string, Uint8Array | string>): string =>
  [...contents].map(([file, content]) => `${createHash("sha256").update(content).digest("hex")}  ${file}\n`).join("");
