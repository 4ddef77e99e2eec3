import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a shell command and waits until it ends. It uses the Node version of this process, and npm prefers its cache.
 *
 * @param variables additional environment variables
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

/** Like {@link runCommand}, but rejects if the command fails. @returns the standard output */
export const commandOutput = async (command: string, cwd: string): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(command, cwd);
  if (code !== 0) throw new Error(`${command}\nexited with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
};
