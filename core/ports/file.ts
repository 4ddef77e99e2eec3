/**
 * The port to an append-only file.
 * @example
 * const logLine = (file: AppendFile, line: string): Promise<void> => file.append(`${line}\n`);
 */
export interface AppendFile {
  /** Appends text in one write. */
  append(text: string): Promise<void>;
}
