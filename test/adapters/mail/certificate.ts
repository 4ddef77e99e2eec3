import { generateKeyPairSync, sign } from "node:crypto";

/** A self-signed certificate for `localhost` and its key, both PEM. */
export const makeCertificate = (): { readonly cert: string; readonly key: string } => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from("localhost")))));
  const day = 24 * 3600_000;
  const validity = sequence(time(Date.now() - day), time(Date.now() + day));
  const version = tagged(0xa0, integer(2));
  const alternative = sequence(SUBJECT_ALT_NAME, tagged(0x04, sequence(tagged(0x82, Buffer.from("localhost")))));
  const authority = sequence(BASIC_CONSTRAINTS, tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))));
  const extensions = tagged(0xa3, sequence(authority, alternative));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const body = sequence(version, integer(1), sequence(ECDSA_WITH_SHA256), name, validity, name, spki, extensions);
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", body, privateKey)]));
  const der = sequence(body, sequence(ECDSA_WITH_SHA256), signature);
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
};

/** A value in ASN.1 DER. */
const tagged = (tag: number, content: Buffer): Buffer => {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const integer = (value: number): Buffer => tagged(0x02, Buffer.from([value]));
const time = (ms: number): Buffer =>
  tagged(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, "")}Z`));

/** Object identifiers, encoded: 2.5.4.3, 1.2.840.10045.4.3.2, 2.5.29.17 and 2.5.29.19. */
const COMMON_NAME = Buffer.from("0603550403", "hex");
const ECDSA_WITH_SHA256 = Buffer.from("06082a8648ce3d040302", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");
