/** What AWS answers before a service sees the call, under the names that each protocol gives it. */
import type { Refusal } from '#lab/door/answer.ts';
import type { Wire } from '#lab/door/wire.ts';

const isXml = (wire: Wire): boolean => wire === 'query' || wire === 'restXml';
/** awsJson and CBOR answer access problems with 400, the others with 403. */
const forbidden = (wire: Wire): number => (isXml(wire) || wire === 'restJson' ? 403 : 400);

export const missingToken = (wire: Wire, message = 'Request is missing Authentication Token'): Refusal => ({
  name: isXml(wire) ? 'MissingAuthenticationToken' : 'MissingAuthenticationTokenException',
  message,
  status: forbidden(wire),
});

export const unknownKey = (wire: Wire): Refusal => ({
  name: isXml(wire) ? 'InvalidClientTokenId' : 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
  status: forbidden(wire),
});

export const badSignature = (wire: Wire, message: string): Refusal => ({
  name: isXml(wire) ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
  message,
  status: forbidden(wire),
});

export const throttled = (wire: Wire): Refusal => ({
  name: isXml(wire) ? 'Throttling' : 'ThrottlingException',
  message: 'Rate exceeded',
  status: wire === 'restJson' ? 429 : 400,
});

export const serverError = (status: number, message: string): Refusal => ({
  name: status === 503 ? 'ServiceUnavailable' : 'InternalFailure',
  message,
  status,
});

export const notImplemented = (message: string): Refusal => ({ name: 'NotImplemented', message, status: 501 });

/** Access denied and throttling have one name in XML protocols and another elsewhere: handlers may use either. */
export const named = (wire: Wire, refusal: Refusal): Refusal => {
  if (/^AccessDenied(Exception)?$/.test(refusal.name)) {
    return { ...refusal, name: isXml(wire) ? 'AccessDenied' : 'AccessDeniedException', status: forbidden(wire) };
  }
  if (/^Throttling(Exception)?$/.test(refusal.name)) return { ...throttled(wire), message: refusal.message };
  return refusal;
};
