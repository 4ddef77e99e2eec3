/** The port to an append-only file. */
export interface AppendFile {
  /** Appends text in one write. */
  append(text: string): Promise<void>;
}
