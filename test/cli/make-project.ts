import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { commandOutput } from "./run-command.ts";

/** Packages that a project has for development only. */
const EXTRAS = ["aws-cdk", "aws-cdk-lib", "constructs", "esbuild", "@aws-cdk", "@esbuild", "@types", "undici-types"];

/**
 * Makes a project in an empty folder with the packed generator, and installs the packages that npm has installed from the
 * packed files elsewhere. The extras for development are linked.
 * @param packed the folder of the packed packages
 * @param installed a `node_modules` with `kintoun`
 * @param extras a `node_modules` with the extras
 * @returns what the generator printed
 */
export const makeProject = async (
  project: string,
  { packed, installed, extras }: Readonly<Record<"packed" | "installed" | "extras", string>>,
): Promise<string> => {
  const generator = `${project}-generator`;
  await mkdir(generator);
  await commandOutput(`tar -xzf ${join(packed, "create-kintoun-*.tgz")}`, generator);
  const printed = await commandOutput(`node ${generator}/package/main.mjs ${project}`, generator);
  await commandOutput(`cp -al ${installed} ${project}`, generator);
  for (const name of EXTRAS) {
    const to = join(project, "node_modules", name);
    await commandOutput(`rm -rf ${to}`, project);
    await symlink(join(extras, name), to);
  }
  await symlink(join(extras, "aws-cdk/bin/cdk"), join(project, "node_modules/.bin/cdk"));
  return printed;
};

/** Runs `npm start` in a project until a request is answered. @returns the text of the response */
export const requestOnce = async (project: string, path: string): Promise<string> => {
  const child = spawn("node_modules/.bin/kintoun", ["start", "--memory", "--port", "0"], {
    cwd: project,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = once(child, "exit");
  try {
    let output = "";
    for await (const chunk of child.stdout) {
      output += String(chunk);
      const [, url] = /API +(\S+)[\s\S]*Ctrl-C/.exec(output) ?? [];
      if (url !== undefined) return await (await fetch(url + path)).text();
    }
    throw new Error(`npm start ended: ${output}`);
  } finally {
    child.kill("SIGTERM");
    await exit;
  }
};
