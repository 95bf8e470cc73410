/** What each of these test files begins with, and ends: an app of its own, and clients for it. */
import { type Client, createClient } from "durable-lambda";
import { Bystander } from "./bystander";
import { DeployedApp } from "./deployed-app";

/**
 * A variable of its own: what DURABLE_TEST_ENDPOINT names may be a bare DynamoDB, and only whoever sets this one says that
 * there is Lambda too.
 */
const endpoint = process.env.DURABLE_TEST_LAMBDA_ENDPOINT;

/** Like `describe`, where there is such an endpoint. */
export function describeDeployed(name: string, tests: () => void): void {
  if (endpoint) describe(name, tests);
  else describe.skip(`${name} (skipped: DURABLE_TEST_LAMBDA_ENDPOINT is not set)`, tests);
}

/** Sets the SDK's variables. @returns what sets all variables back */
export function useEndpoint(): () => void {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  return () => {
    for (const variable of Object.keys(process.env)) delete process.env[variable];
    Object.assign(process.env, before);
  };
}

export class Session {
  private constructor(
    private readonly leaveEndpoint: () => void,
    readonly app: DeployedApp,
    /** Has access to everything: messages and events go straight to where they wait, calls through the function. */
    readonly client: Client,
    /** Looks at the actors in this process, without the function. */
    readonly onlooker: Client,
    readonly bystander: Bystander,
  ) {}

  /** Sets the variables of this process, too. */
  static async begin(): Promise<Session> {
    const leaveEndpoint = useEndpoint();
    const app = await DeployedApp.deploy("__tests__/deployed/test-actors.ts");
    Object.assign(process.env, app.variables);
    const client = createClient();
    return new Session(
      leaveEndpoint,
      app,
      client,
      createClient({ transport: "inline" }),
      new Bystander(client),
    );
  }

  async end(): Promise<void> {
    await this.bystander.stop();
    await this.app.remove();
    this.leaveEndpoint();
  }
}
