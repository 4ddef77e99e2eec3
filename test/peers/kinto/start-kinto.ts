import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningEngine, runEngine } from "../../engines/run-engine.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const CACHE = join(import.meta.dirname, "../../../node_modules/.cache");

/**
 * Starts a Kinto that keeps nothing, on a free port of the loopback; its endpoint is told without the version.
 * Needs Python 3.10 or later with venv, and PyPI the first time.
 */
export const startKinto = async (settings: Readonly<Record<string, string>> = {}): Promise<RunningEngine> => {
  const bin = join(installKinto(), "bin");
  const folder = await mkdtemp(join(tmpdir(), "kintoun-kinto-"));
  const ini = join(folder, "kinto.ini");
  await writeFile(ini, iniOf(settings));
  try {
    // The script by way of its interpreter: its first line still names the folder that it was made in.
    return await runEngine(join(bin, "python"), [join(bin, "kinto"), "start", "--ini", ini], async (printed) => {
      const origin = /Serving on (http:\/\/\S+)/.exec(printed)?.[1];
      if (origin === undefined) return undefined;
      const beat = await fetch(`${origin}/v1/__lbheartbeat__`);
      return beat.ok ? origin : undefined;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The folder of a virtual environment with what requirements.txt names, made once and complete whenever it is there. */
const installKinto = (): string => {
  const folder = join(CACHE, `kinto-${createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  run("python3", ["-m", "venv", partial]);
  run(join(partial, "bin", "python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r", REQUIREMENTS]);
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process may have been quicker.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
};

const run = (command: string, args: readonly string[]): void => {
  try {
    execFileSync(command, args, { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  } catch (error) {
    const { stdout = "", stderr = "", code } = error as { stdout?: string; stderr?: string; code?: string };
    const hint = "Kinto needs Python 3.10 or later with venv; on Debian: apt-get install python3-venv.";
    throw new Error(code === "ENOENT" ? hint : `${command} ${args.join(" ")} failed. ${hint}\n${stdout}${stderr}`.slice(0, 4000));
  }
};

const iniOf = (settings: Readonly<Record<string, string>>): string => `[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = 0

[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.permission_backend = kinto.core.permission.memory
multiauth.policies = basicauth
${Object.entries(settings)
  .map(([name, value]) => `kinto.${name} = ${value}\n`)
  .join("")}
[loggers]
keys = root, waitress

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = ERROR
handlers = console

[logger_waitress]
level = INFO
handlers =
qualname = waitress

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(message)s
`;
