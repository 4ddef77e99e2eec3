import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteSearch } from "../../../adapters/search/sqlite/engine.ts";
import { searchContract } from "../../contracts/search.ts";

searchContract("sqlite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kintoun-search-"));
  const engine = openSqliteSearch({ file: join(folder, "search.db") });
  return {
    engine,
    settle: async () => {},
    [Symbol.asyncDispose]: async () => {
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
});
