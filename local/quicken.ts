import { DatabaseSync } from "node:sqlite";

/**
 * dynoxide 1.2 looks for a stream's newest record at each write, through all of them: after some thousand writes that takes longer
 * than the write. An index ends that, and changes nothing else; where a later version has other tables, there is nothing to do.
 */
export const quicken = (file: string): void => {
  const database = new DatabaseSync(file, { timeout: 2000 });
  try {
    database.exec(
      "CREATE INDEX IF NOT EXISTS kintoun_newest ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    );
  } catch {
    // Slower, not wrong.
  } finally {
    database.close();
  }
};
