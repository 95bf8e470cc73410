/** What the errors of AWS's services have in common. */

/** Access that is refused, and requests that are malformed, by their codes without "Exception": repeating is no use. */
export const REFUSED: readonly string[] = [
  "AccessDenied",
  "UnrecognizedClient",
  "InvalidClientTokenId",
  "InvalidSecurity",
  "InvalidSignature",
  "SignatureDoesNotMatch",
  "CredentialsProviderError",
  "InvalidParameterValue",
  "MissingParameter",
  "ValidationError",
];

/** Whatever the SDK throws after its attempts carries $metadata; anything else is a defect here. */
export function isFromSdk(thrown: unknown): boolean {
  return "$metadata" in (thrown as object);
}
