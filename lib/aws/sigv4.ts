/** Signs HTTP calls for a Function URL whose authorization is `AWS_IAM`. */
import { Sha256 } from "@aws-crypto/sha256-js";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import { SignatureV4 } from "@smithy/signature-v4";
import type { SignRequest } from "../client/http-transport";
import { InvalidDefinition } from "../errors";

type SignatureOptions = ConstructorParameters<typeof SignatureV4>[0];

/** Options of {@link sigv4}. */
export interface Sigv4Options {
  /** Default: the variable `AWS_REGION`. */
  readonly region?: string;
  /** Default: the SDK's usual chain. */
  readonly credentials?: SignatureOptions["credentials"];
  /** `"lambda"` for a Function URL, `"execute-api"` for an HTTP API. Default `"lambda"`. */
  readonly service?: string;
}

/**
 * @throws InvalidDefinition when no region is known
 * @example createClient({ transport: httpTransport({ url, sign: sigv4() }) })
 */
export function sigv4(options: Sigv4Options = {}): SignRequest {
  const region = options.region ?? process.env.AWS_REGION;
  if (region === undefined)
    throw new InvalidDefinition("No region to sign for: set AWS_REGION or give { region }.");
  const signer = new SignatureV4({
    service: options.service ?? "lambda",
    region,
    credentials: options.credentials ?? defaultProvider(),
    sha256: Sha256,
  });
  return async ({ method, url, headers, body }) => {
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port === "" ? {} : { port: Number(url.port) }),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    });
    return signed.headers;
  };
}
