import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../local/server.ts";
import { createVenv } from "../test/create-venv.ts";
import { runEngine } from "../test/engines/run-engine.ts";
import { startPostgres } from "./postgres.ts";
import type { RunningServer } from "./server.ts";

const REQUIREMENTS = join(import.meta.dirname, "kinto-requirements.txt");

/** Starts Kinto on PostgreSQL as its documentation proposes: two gunicorn processes with eight threads each. */
export const startKinto = async (): Promise<RunningServer> => {
  const bin = createVenv("kinto-postgres", REQUIREMENTS);
  const postgres = await startPostgres();
  const folder = mkdtempSync(join(tmpdir(), "kintoun-kinto-"));
  const stop = async () => {
    await postgres[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ini = join(folder, "kinto.ini");
    writeFileSync(ini, iniOf(postgres.endpoint));
    writeFileSync(join(folder, "wsgi.py"), wsgiOf(ini));
    const python = join(bin, "python");
    execFileSync(python, [join(bin, "kinto"), "migrate", "--ini", ini], { stdio: "ignore" });
    const address = `127.0.0.1:${await findFreePort()}`;
    const options = ["--workers", "2", "--threads", "8", "--bind", address, "--chdir", folder];
    const server = await runEngine(python, ["-m", "gunicorn", ...options, "wsgi:application"], async () => {
      const { ok } = await fetch(`http://${address}/v1/__heartbeat__`);
      return ok ? `http://${address}/v1` : undefined;
    });
    return {
      url: server.endpoint,
      pids: [server.pid, postgres.pid],
      [Symbol.asyncDispose]: async () => {
        await server[Symbol.asyncDispose]();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const iniOf = (url: string): string => `[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = ${url}
kinto.cache_backend = kinto.core.cache.postgresql
kinto.cache_url = ${url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = ${url}
multiauth.policies = basicauth

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = ERROR
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = plain

[formatter_plain]
format = %(message)s
`;

const wsgiOf = (ini: string): string => `import logging.config
from configparser import RawConfigParser
from kinto import main

config = RawConfigParser()
config.read(${JSON.stringify(ini)})
logging.config.fileConfig(${JSON.stringify(ini)})
application = main({}, **dict(config.items("app:main")))
`;
