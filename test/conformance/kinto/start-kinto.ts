import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createVenv } from "../../create-venv.ts";
import { type RunningEngine, runEngine } from "../../engines/run-engine.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

/**
 * Starts Kinto with memory backends on a free loopback port. The endpoint has no version prefix. Settings are those of
 * `kinto.`, or of `multiauth.`.
 * Needs Python 3.10 or later with venv, and PyPI on first use.
 */
export const startKinto = async (
  settings: Readonly<Record<string, string>> = {},
  bin = createVenv("kinto", REQUIREMENTS),
): Promise<RunningEngine> => {
  const folder = await mkdtemp(join(tmpdir(), "kintoun-kinto-"));
  const ini = join(folder, "kinto.ini");
  await writeFile(ini, iniOf(settings));
  try {
    // Run by the interpreter, since the first line of the script names the folder it was created in.
    return await runEngine(join(bin, "python"), [join(bin, "kinto"), "start", "--ini", ini], async (printed) => {
      const origin = /Serving on (http:\/\/\S+)/.exec(printed)?.[1];
      if (origin === undefined) return undefined;
      // Any answer will do: after its end of service Kinto answers 410.
      await fetch(`${origin}/v1/__lbheartbeat__`);
      return origin;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
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
multiauth.policies = ${settings["multiauth.policies"] ?? "basicauth"}
${Object.entries(settings)
  .filter(([name]) => name !== "multiauth.policies")
  .map(([name, value]) => `${name.startsWith("multiauth.") ? "" : "kinto."}${name} = ${value}\n`)
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
