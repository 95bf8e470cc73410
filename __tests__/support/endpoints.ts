/**
 * Where a test file finds AWS's services: at emulators within its own process, unless the environment names endpoints. Two
 * variables ask for that:
 *
 * - `DURABLE_TEST_ENDPOINT` names one for all services, for whoever runs test files by hand.
 * - `DURABLE_TEST_CONFORMANCE` says that the SDK's own variables hold, which may name one for each service.
 *
 * The tests leave out nothing there; what a stand-in is known to get wrong, `npm run test:conformance` leaves out.
 */
export type Service = "dynamodb" | "sqs" | "eventbridge";

const {
  DURABLE_TEST_ENDPOINT: forAll,
  DURABLE_TEST_CONFORMANCE: conformance,
  DURABLE_TEST_TARGET_ENDPOINT: forTargets,
  AWS_ENDPOINT_URL,
  AWS_ENDPOINT_URL_DYNAMODB,
  AWS_ENDPOINT_URL_SQS,
  AWS_ENDPOINT_URL_EVENTBRIDGE,
  // Read once, before anything starts: what the tests start sets the same variables.
} = process.env;

const OWN: Readonly<Record<Service, string | undefined>> = {
  dynamodb: AWS_ENDPOINT_URL_DYNAMODB,
  sqs: AWS_ENDPOINT_URL_SQS,
  eventbridge: AWS_ENDPOINT_URL_EVENTBRIDGE,
};

/** What the environment names for a service; `undefined` where the tests start their own. */
export function givenEndpoint(service: Service): string | undefined {
  if (forAll) return forAll;
  return conformance ? OWN[service] || AWS_ENDPOINT_URL || undefined : undefined;
}

/** Where the queues are that a bus can deliver to. A stand-in knows only its own, and the others may be elsewhere. */
export function targetEndpoint(): string | undefined {
  return (conformance && forTargets) || givenEndpoint("sqs");
}

/** For the emulators, which ask for some. Endpoints that were named come with the right ones. */
export const CREDENTIALS: Readonly<Record<string, string>> = conformance
  ? {}
  : { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
