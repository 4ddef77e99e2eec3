import { randomUUID } from "node:crypto";
import { jsonOf, jsonResponse, type ServiceRequest, type ServiceResponse } from "../proxy/service.ts";

/** A mail that SES accepted. */
export interface SentMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

/** Mails that are kept. */
const MAX_MAILS = 1000;

/** SES, which keeps mails instead of sending them. @param mails receives them */
export const createMailService =
  (mails: SentMail[]) =>
  async (request: ServiceRequest): Promise<ServiceResponse> => {
    const { FromEmailAddress, Destination, Content } = jsonOf(request) as {
      FromEmailAddress?: string;
      Destination?: { ToAddresses?: string[] };
      Content?: { Simple?: { Subject?: { Data?: string }; Body?: { Text?: { Data?: string } } } };
    };
    const { Subject, Body } = Content?.Simple ?? {};
    mails.push({
      from: FromEmailAddress ?? "",
      to: Destination?.ToAddresses ?? [],
      subject: Subject?.Data ?? "",
      text: Body?.Text?.Data ?? "",
    });
    if (mails.length > MAX_MAILS) mails.shift();
    return jsonResponse(200, { MessageId: randomUUID() });
  };
