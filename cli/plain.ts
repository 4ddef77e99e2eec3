import { UserError } from "../config/problem.ts";

type Advice = readonly (readonly [said: RegExp, advice: string])[];

/** What the SDK says where it was told too little, and what an operator is told instead. */
const INSTEAD: Advice = [
  [/region is missing/i, "No region of AWS is known here: set AWS_REGION, such as eu-central-1."],
  [/could not load credentials/i, "No credentials for AWS are known here: log in (aws sso login), or set AWS_PROFILE."],
];

/** What can be done about failures of services, and of the way there, by what they are called or say. */
const BESIDE: Advice = [
  [
    /ExpiredToken|RequestExpired|(?:token|session)\b.{0,80}\bexpired/i,
    "The credentials for AWS are no longer good: log in again (aws sso login).",
  ],
  [
    /CredentialsProvider|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch/,
    "The credentials for AWS are of no use: log in (aws sso login), or set AWS_PROFILE.",
  ],
  [
    /AccessDenied|AuthorizationError|is not authorized to/,
    "Have this permission given, or be somebody who has it: AWS_PROFILE.",
  ],
  [
    /Stack with id \S+ does not exist/,
    "Is it in another region, or another account? AWS_REGION and AWS_PROFILE say where it is looked for.",
  ],
  [/NonExistentQueue|QueueDoesNotExist/, "The queue is gone: deploy the stack again, or start the store again."],
  [
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|TimeoutError/,
    "Does it run, and can it be reached from here?",
  ],
];

const adviceOn = (said: string, advice: Advice): readonly string[] =>
  advice.filter(([what]) => what.test(said)).map(([, told]) => told);

/** A failure as an operator is to read it: what it is, and what to do. */
export const plain = (error: unknown): UserError => {
  if (error instanceof UserError) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return plain(error.errors[0]);
  if (!(error instanceof Error)) return new UserError([String(error)]);
  // What a request is not to be told stands in the cause, and operators are.
  if (error.cause instanceof Error) return plain(error.cause);
  const said = `${error.name === "Error" ? "" : `${error.name}: `}${error.message || "nothing more is known"}`;
  const [instead] = adviceOn(said, INSTEAD);
  return new UserError(instead === undefined ? [said, ...adviceOn(said, BESIDE).slice(0, 1)] : [instead]);
};
