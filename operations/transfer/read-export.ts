import { UserError } from "../../config/user-error.ts";
import { toError } from "../../lib/util/to-error.ts";
import { type EndLine, type Line, parseLine } from "./lines.ts";

/**
 * Reads the lines of an export. Throws a {@link UserError} that names the line which is wrong, and if what is counted is not
 * what the last line says.
 *
 * @param path names the file in messages
 */
export async function* readExport(path: string, texts: AsyncIterable<string>): AsyncGenerator<Line> {
  const counts = { objects: 0, tombstones: 0, versions: 0, files: 0 };
  let [number, isEnded] = [0, false];
  for await (const text of texts) {
    number++;
    const place = `${path}, line ${number}`;
    if (isEnded)
      throw new UserError([`${place}: the export has ended before it. Import each export from a file of its own.`]);
    const line = parse(place, text);
    if ("kintoun_export" in line && number > 1)
      throw new UserError([`${place}: another export begins. Import each export from a file of its own.`]);
    if ("object" in line) {
      counts.objects++;
      counts.files += Object.values(line.plugins ?? {}).filter(({ file }) => file !== undefined).length;
    } else if ("tombstone" in line) counts.tombstones++;
    else if ("version" in line && !("kintoun_export" in line)) counts.versions++;
    else if ("end" in line) {
      requireEqualCounts(path, counts, line.end);
      isEnded = true;
    }
    yield line;
  }
  if (number === 0) throw new UserError([`${path} is empty. Create an export by: kintoun export FILE`]);
}

const parse = (place: string, text: string): Line => {
  try {
    return parseLine(text);
  } catch (error) {
    if (error instanceof UserError) throw new UserError([`${place}: ${error.message}`]);
    throw new UserError([`${place}: ${toError(error).message}. Is the file an export of Kintoun?`]);
  }
};

const requireEqualCounts = (path: string, found: EndLine["end"], said: EndLine["end"]): void => {
  for (const kind of ["objects", "tombstones", "versions", "files"] as const)
    if (found[kind] !== said[kind])
      throw new UserError([
        `${path} is damaged: it has ${found[kind]} ${kind}, and its last line counts ${said[kind]}. Export it again.`,
      ]);
};
