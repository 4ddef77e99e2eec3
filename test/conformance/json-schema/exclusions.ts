/** Cases of the suite in which the validator decides otherwise, and why. */
export interface Exclusion {
  readonly reason: string;
  readonly file: RegExp;
  /** The descriptions of the excluded groups. Without it the whole file is excluded. */
  readonly groups?: readonly string[];
}

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    reason: "references to other documents are refused, so that a schema cannot make the server send requests",
    file: /^refRemote\.json$/,
    groups: [
      "$ref to $ref finds detached $anchor",
      "$ref to $ref finds location-independent $id",
      "Location-independent identifier in remote ref",
      "anchor within remote ref",
      "base URI change",
      "base URI change - change folder",
      "base URI change - change folder in subschema",
      "fragment within remote ref",
      "ref within remote ref",
      "remote HTTP ref with different $id",
      "remote HTTP ref with different URN $id",
      "remote HTTP ref with nested absolute ref",
      "remote ref",
      "remote ref with ref to definitions",
      "remote ref with ref to defs",
      "retrieved nested refs resolve relative to their URI not $id",
      "root ref in remote ref",
    ],
  },
  {
    reason: "references to other documents are refused",
    file: /^dynamicRef\.json$/,
    groups: [
      "$ref and $dynamicAnchor are independent of order - $defs first",
      "$ref and $dynamicAnchor are independent of order - $ref first",
      "$ref to $dynamicRef finds detached $dynamicAnchor",
      "strict-tree schema, guards against misspelled properties",
      "tests for implementation dynamic anchor and reference link",
    ],
  },
  {
    reason: "references to other documents are refused",
    file: /^optional\/cross-draft\.json$/,
    groups: [
      "refs to future drafts are processed as future drafts",
      "refs to historic drafts are processed as historic drafts",
    ],
  },
  {
    reason: "custom metaschemas are other documents",
    file: /^vocabulary\.json$/,
    groups: ["schema that uses custom metaschema with with no validation vocabulary"],
  },
  { reason: "custom metaschemas are other documents", file: /^optional\/format-assertion\.json$/ },
  { reason: "formats are not asserted, as in Kinto", file: /^optional\/format\// },
  { reason: "contentEncoding and contentMediaType are not asserted, as in Kinto", file: /^optional\/content\.json$/ },
  {
    reason: "`dependencies` is no keyword since 2019-09, as in Python's jsonschema",
    file: /^optional\/dependencies-compatibility\.json$/,
  },
  {
    reason: "patterns have Python's syntax and its classes of all Unicode, as in Kinto",
    file: /^optional\/ecmascript-regex\.json$/,
    groups: [
      "ECMA 262 \\D matches everything but ascii digits",
      "ECMA 262 \\S matches everything but whitespace",
      "ECMA 262 \\W matches everything but ascii letters",
      "ECMA 262 \\d matches ascii digits only",
      "ECMA 262 \\s matches whitespace",
      "ECMA 262 \\w matches ascii letters only",
      "ECMA 262 regex escapes control codes with \\c and lower letter",
      "ECMA 262 regex escapes control codes with \\c and upper letter",
      "\\d in pattern matches [0-9], not unicode digits",
      "\\d in patternProperties matches [0-9], not unicode digits",
      "\\w in patternProperties matches [A-Za-z0-9_], not unicode letters",
      "\\w in patterns matches [A-Za-z0-9_], not unicode letters",
      "pattern with non-ASCII digits",
      "patternProperties with non-ASCII digits",
      "patterns always use unicode semantics with pattern",
      "patterns always use unicode semantics with patternProperties",
    ],
  },
  {
    reason: "JavaScript does not distinguish 1.0 from 1, and drafts from 6 on treat them alike",
    file: /^optional\/zeroTerminatedFloats\.json$/,
  },
];
