/**
 * The port to a plugin's own files. A key has 1 to 900 letters, digits and `/._-`, and no part that is empty, `.` or `..`. A
 * write replaces what was there as a whole. Reads see all earlier writes.
 * @example
 * const save = (files: Files, text: string): Promise<void> =>
 *   files.put("reports/today.txt", Buffer.from(text), { type: "text/plain", disposition: "attachment" });
 */
export interface Files {
  put(key: string, content: Uint8Array, headers: FileHeaders): Promise<void>;
  /** `undefined` if there is no such file. Rejects if it is larger than `maxBytes`. */
  get(key: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** The first bytes of a file, at most 64 KB; `undefined` if there is no such file. */
  getStart(key: string, bytes: number): Promise<Uint8Array | undefined>;
  /** Reads a file of any size in parts. Rejects if there is no such file. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** Stores a file of any size, such as one that is on disk. */
  upload(key: string, content: Blob, upload: FileHeaders & { readonly sha256: string }): Promise<void>;
  /** `undefined` if there is no such file. */
  describe(key: string): Promise<FileInfo | undefined>;
  /** Does nothing if there is no such file. */
  delete(key: string): Promise<void>;
  /** Signs an upload of one file whose size and content are fixed. Another content is refused. */
  signUpload(key: string, upload: UploadLimits): Promise<SignedUpload>;
  /** Signs a URL that returns a file with these headers. @param seconds how long it is valid, at most 3,600 */
  signDownload(key: string, headers: FileHeaders, seconds: number): Promise<string>;
  close(): Promise<void>;
}

/**
 * The headers with which a file is returned.
 * @example
 * const headers: FileHeaders = { type: "image/png", disposition: "inline" };
 */
export interface FileHeaders {
  /** The media type. */
  readonly type: string;
  /** The value of `Content-Disposition`. */
  readonly disposition: string;
}

/**
 * A stored file.
 * @example
 * const isEmpty = ({ bytes }: FileInfo): boolean => bytes === 0;
 */
export interface FileInfo {
  readonly bytes: number;
  /** In hex; `undefined` if the file was stored without it. */
  readonly sha256: string | undefined;
}

/**
 * What a signed upload allows.
 * @example
 * const isSmall = ({ bytes }: UploadLimits): boolean => bytes < 1_000_000;
 */
export interface UploadLimits extends FileHeaders {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** How long it is valid, at most 43,200. */
  readonly seconds: number;
}

/**
 * The request that uploads a file. It must send all headers.
 * @example
 * const upload = ({ method, url, headers }: SignedUpload, body: Blob): Promise<Response> => fetch(url, { method, headers, body });
 */
export interface SignedUpload {
  readonly method: "PUT";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
