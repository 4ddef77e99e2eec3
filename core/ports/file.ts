/** The port to a file that grows. */
export interface AppendFile {
  /** Puts a text at the end, in one piece. */
  append(text: string): Promise<void>;
}
