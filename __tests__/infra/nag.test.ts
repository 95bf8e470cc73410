/** cdk-nag's AwsSolutions pack finds nothing in what the construct makes, however it is told to make it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, Stack, Validations } from "aws-cdk-lib";
import { type IVpc, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { Key } from "aws-cdk-lib/aws-kms";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { AwsSolutionsChecks } from "cdk-nag";
import { ActorApp, type ActorAppProps } from "durable-lambda/infra";
import { newFolder, SHOP } from "./synth";

/** The rules that are broken, and where. */
function findings(add: (stack: Stack) => void): readonly string[] {
  const outdir = newFolder();
  const app = new App({ outdir, context: { "aws:cdk:bundling-stacks": [] } });
  add(new Stack(app, "Test"));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const complaint = jest.spyOn(console, "error").mockImplementation(() => {});
  try {
    app.synth();
  } catch {
    // The report says what it was.
  } finally {
    complaint.mockRestore();
  }
  const { pluginReports } = JSON.parse(readFileSync(join(outdir, "validation-report.json"), "utf8")) as {
    pluginReports: readonly {
      violations: readonly {
        ruleName: string;
        violatingConstructs: readonly { constructPath: string }[];
      }[];
    }[];
  };
  return pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    ),
  );
}

const withApp = (props: (stack: Stack) => ActorAppProps) => (stack: Stack) => {
  new ActorApp(stack, "App", props(stack));
};

it("finds something where there is something", () => {
  expect(findings((stack) => new Queue(stack, "Queue"))).toContain(
    "AwsSolutions-SQS4 at Test/Queue/Resource",
  );
});

it.each<[string, (stack: Stack) => ActorAppProps]>([
  ["with an entry alone", () => ({ entry: SHOP })],
  [
    "with everything",
    (stack) => ({
      entry: SHOP,
      events: [{ source: ["shop"] }],
      dashboard: true,
      functionUrl: true,
      encryptionKey: new Key(stack, "Key", { enableKeyRotation: true }),
    }),
  ],
])("finds nothing in an app %s", (_, props) => {
  expect(findings(withApp(props))).toEqual([]);
});

it("finds nothing in an app in a VPC, but what the construct has explained", () => {
  const all = findings((stack) => {
    const vpc = new Vpc(stack, "Vpc", { natGateways: 0, maxAzs: 2, restrictDefaultSecurityGroup: false });
    new ActorApp(stack, "App", {
      entry: SHOP,
      vpc: vpc as IVpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    });
  });
  expect(all.filter((finding) => finding.includes("Test/App/"))).toEqual([]);
});
