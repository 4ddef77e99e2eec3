import { MAIL_OPTIONS, type PackageChoices, SEARCH_OPTIONS } from "./config.ts";
import type { Choice, Variant } from "./decision.ts";
import type { ParameterName } from "./parameters.ts";

const isEqual = (parameter: ParameterName, text: string): object => ({ "Fn::Equals": [{ Ref: parameter }, text] });
const not = (condition: object): object => ({ "Fn::Not": [condition] });

const [OFF, ON] = MAIL_OPTIONS;

/** The choices of a package that decide over resources, by its parameters. */
export const PACKAGE_CHOICES: readonly Choice[] = [
  { name: "Search", options: Object.fromEntries(SEARCH_OPTIONS.map((option) => [option, isEqual("Search", option)])) },
  { name: "Mail", options: { [OFF]: isEqual("SenderAddress", ""), [ON]: not(isEqual("SenderAddress", "")) } },
  { name: "Domain", options: { off: isEqual("DomainName", ""), on: not(isEqual("DomainName", "")) } },
];

/** A combination of the choices. */
export interface PackageVariant extends PackageChoices {
  readonly Domain: "off" | "on";
}

export const toPackageVariant = (variant: Variant): PackageVariant => variant as unknown as PackageVariant;

const isEmpty = (parameter: ParameterName): object => isEqual(parameter, "");

/** Rules that CloudFormation checks before it creates anything. */
export const PACKAGE_RULES = {
  SearchNeedsName: {
    RuleCondition: {
      "Fn::Or": [isEqual("Search", "opensearch-domain"), isEqual("Search", "opensearch-serverless")],
    },
    Assertions: [
      {
        Assert: not(isEmpty("SearchName")),
        AssertDescription: "OpenSearch needs the name of its domain or collection.",
      },
    ],
  },
  DomainNeedsCertificate: {
    RuleCondition: not(isEmpty("DomainName")),
    Assertions: [
      { Assert: not(isEmpty("CertificateArn")), AssertDescription: "The domain of the API needs a certificate." },
    ],
  },
};
