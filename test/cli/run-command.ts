import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a shell's command to its end, on the Node that runs this; npm asks its cache before the registry.
 *
 * @param variables more of its environment
 */
export const runCommand = (
  command: string,
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> =>
  new Promise((resolve) => {
    const env = {
      ...process.env,
      ...variables,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
      npm_config_prefer_offline: "true",
    };
    const child = execFile("bash", ["-c", command], { cwd, env, maxBuffer: 32_000_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr }),
    );
    child.stdin?.end();
  });

/** As {@link runCommand}, of what must succeed. @returns what it printed */
export const commandOutput = async (command: string, cwd: string): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(command, cwd);
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
};
