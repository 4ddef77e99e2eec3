import { MAIL_OPTIONS, type PackageChoices, SEARCH_OPTIONS } from "./config.ts";
import type { Choice, Variant } from "./decision.ts";
import type { ParameterName } from "./parameters.ts";

const isEqual = (parameter: ParameterName, text: string): object => ({ "Fn::Equals": [{ Ref: parameter }, text] });
const not = (condition: object): object => ({ "Fn::Not": [condition] });

const [OFF, ON] = MAIL_OPTIONS;

/** The choices of a package that determine its resources, by its parameters. */
export const PACKAGE_CHOICES: readonly Choice[] = [
  { name: "Search", options: Object.fromEntries(SEARCH_OPTIONS.map((option) => [option, isEqual("Search", option)])) },
  { name: "Mail", options: { [OFF]: isEqual("SenderAddress", ""), [ON]: not(isEqual("SenderAddress", "")) } },
];

export const toPackageChoices = (variant: Variant): PackageChoices => variant as unknown as PackageChoices;

/** Rules that CloudFormation checks before it creates anything. */
export const PACKAGE_RULES = {
  DomainNeedsCertificate: {
    RuleCondition: not(isEqual("DomainName", "")),
    Assertions: [
      { Assert: not(isEqual("CertificateArn", "")), AssertDescription: "The domain of the API needs a certificate." },
    ],
  },
};
