/** What DynamoDB's errors mean here. */
import { DurableError, InternalError, StateTooLarge, StoreUnavailable } from "../errors";
import type { TableVariable } from "./environment";

/** A table, and the variable that names it. */
export interface TableName {
  readonly name: string;
  readonly variable: TableVariable;
}

/** The request was understood and will never work: repeating it is no use. */
const PERMANENT = new Set([
  "ResourceNotFoundException",
  "AccessDeniedException",
  "UnrecognizedClientException",
  "InvalidSignatureException",
  "CredentialsProviderError",
  "ValidationException",
]);

export function fromDynamo(thrown: unknown, table: TableName): DurableError {
  if (thrown instanceof DurableError) return thrown;
  const { name, message } = thrown as Error;
  const details = { table: table.name, error: name };
  if (name === "ValidationException" && /item size/i.test(message)) {
    return new StateTooLarge(
      "The actor's item would be larger than DynamoDB keeps (400 KB). Nothing was written.",
      details,
      thrown,
    );
  }
  if (name === "ResourceNotFoundException") {
    return new InternalError(
      `The table "${table.name}" does not exist at this endpoint and region. ${table.variable} names it.`,
      details,
      thrown,
    );
  }
  // Whatever the SDK itself throws after its attempts carries $metadata; anything else is a defect here.
  const isFromSdk = "$metadata" in (thrown as object);
  if (!isFromSdk || PERMANENT.has(name))
    return new InternalError(`DynamoDB: ${name}: ${message}`, details, thrown);
  return new StoreUnavailable(`DynamoDB: ${name}: ${message}`, details, thrown);
}
