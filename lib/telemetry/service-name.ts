/** What lines and metrics say which service they are of: as Powertools' variable names it, else the function. */
export function serviceName(): string {
  const { POWERTOOLS_SERVICE_NAME, AWS_LAMBDA_FUNCTION_NAME } = process.env;
  return POWERTOOLS_SERVICE_NAME || AWS_LAMBDA_FUNCTION_NAME || "durable-lambda";
}
