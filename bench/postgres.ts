import { execFileSync } from "node:child_process";
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "../local/server.ts";
import { type RunningEngine, runEngine } from "../test/engines/run-engine.ts";

/** PostgreSQL does not run as root. */
const isRoot = process.getuid?.() === 0;

/**
 * Starts a PostgreSQL with the defaults of Debian's package on a free loopback port, with an empty database `postgres`.
 * Installs the package if it is missing and this process is root. The endpoint is a URL for SQLAlchemy.
 */
export const startPostgres = async (): Promise<RunningEngine> => {
  const bin = findBin() ?? install();
  const folder = mkdtempSync(join(tmpdir(), "kintoun-postgres-"));
  if (isRoot) chownSync(folder, postgresId("-u"), postgresId("-g"));
  const data = join(folder, "data");
  const [initdb, ...initArgs] = asPostgres(join(bin, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust"]);
  execFileSync(initdb, initArgs, { stdio: "ignore" });
  const port = await findFreePort();
  const options = { listen_addresses: "127.0.0.1", port, unix_socket_directories: folder };
  const settings = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const [command, ...args] = asPostgres(join(bin, "postgres"), ["-D", data, ...settings]);
  const server = await runEngine(command, args, async (output) => {
    if (!output.includes("ready to accept connections")) return undefined;
    await canConnect(port);
    return `postgresql+psycopg2://postgres@127.0.0.1:${port}/postgres`;
  });
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** The folder of the newest version. */
const findBin = (): string | undefined =>
  globSync("/usr/lib/postgresql/*/bin")
    .toSorted()
    .findLast((folder) => existsSync(join(folder, "postgres")));

const install = (): string => {
  if (!isRoot) throw new Error("PostgreSQL is missing. Run as root: apt-get install postgresql");
  execFileSync("apt-get", ["install", "--yes", "--no-install-recommends", "postgresql"], { stdio: "inherit" });
  const bin = findBin();
  if (bin === undefined) throw new Error("apt-get has installed no PostgreSQL in /usr/lib/postgresql.");
  return bin;
};

const postgresId = (flag: "-u" | "-g"): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));

const asPostgres = (command: string, args: readonly string[]): readonly [string, ...string[]] =>
  isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", command, ...args] : [command, ...args];

const canConnect = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(void socket.end()));
    socket.once("error", reject);
  });
