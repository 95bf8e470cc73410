/** What the construct makes of its props, as CloudFormation will see it. */
import { Duration, RemovalPolicy, type Stack } from "aws-cdk-lib";
import { Match } from "aws-cdk-lib/assertions";
import { type IVpc, SecurityGroup, SubnetType, Vpc } from "aws-cdk-lib/aws-ec2";
import { EventBus } from "aws-cdk-lib/aws-events";
import { Key } from "aws-cdk-lib/aws-kms";
import {
  Architecture,
  Code,
  FunctionUrlAuthType,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { refTo, SHOP, synth, variablesOf } from "./synth";

function inline(): Pick<ConstructorParameters<typeof LambdaFunction>[2], "code" | "handler" | "runtime"> {
  return {
    code: Code.fromInline("exports.handler = () => {}"),
    handler: "index.handler",
    runtime: Runtime.NODEJS_24_X,
  };
}

describe("the tables", () => {
  it("have the keys, the sparse index and the expiry that the runtime needs, can be restored, and stay", () => {
    const { template } = synth({ entry: SHOP });
    template.resourceCountIs("AWS::DynamoDB::Table", 2);
    template.hasResource("AWS::DynamoDB::Table", {
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: "wakes",
            KeySchema: [
              { AttributeName: "wakeShard", KeyType: "HASH" },
              { AttributeName: "wakeAt", KeyType: "RANGE" },
            ],
            Projection: { ProjectionType: "KEYS_ONLY" },
          },
        ],
        AttributeDefinitions: Match.arrayWith([{ AttributeName: "wakeAt", AttributeType: "N" }]),
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
    template.hasResource("AWS::DynamoDB::Table", {
      DeletionPolicy: "Retain",
      Properties: {
        KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      },
    });
  });

  it("go with the stack, and cost less, when that is asked for", () => {
    const { template } = synth({
      entry: SHOP,
      removalPolicy: RemovalPolicy.DESTROY,
      pointInTimeRecovery: false,
    });
    template.allResources("AWS::DynamoDB::Table", {
      DeletionPolicy: "Delete",
      Properties: { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } },
    });
  });

  it("keep their logical ids, whatever else of an app changes: another id would be another table", () => {
    const idsOf = (props: Parameters<typeof synth>[0]) => {
      const { template } = synth(props);
      return ["AWS::DynamoDB::Table", "AWS::SQS::Queue"].flatMap((type) =>
        Object.keys(template.findResources(type)),
      );
    };
    const ids = [
      "AppTablesState73B36E49",
      "AppTablesWorkflows77BD33BC",
      "AppQueuesDeadLettersA430728C",
      "AppQueuesMessages7445F15C",
      "AppQueuesUndeliveredAD569833",
      "AppQueuesWakes2A16A60D",
    ];
    expect(idsOf({ entry: SHOP })).toEqual(ids);
    const events = [{ source: ["shop"] }];
    expect(idsOf({ entry: "samples/counter/counter.ts", handler: "other", events, dashboard: true })).toEqual(
      ids,
    );
    expect(
      idsOf((stack) => ({
        router: new LambdaFunction(stack, "Own", inline()),
        encryptionKey: new Key(stack, "Key"),
        bus: new EventBus(stack, "OwnBus"),
        alarms: false,
      })),
    ).toEqual(ids);
  });
});

describe("the queues", () => {
  it("keep the order of each actor, hide a message for six timeouts, and dead-letter far beyond our own attempts", () => {
    const { template } = synth({ entry: SHOP, timeout: Duration.seconds(40) });
    const deadLetters = refTo(template, "AWS::SQS::Queue", "DeadLetters");
    const undelivered = refTo(template, "AWS::SQS::Queue", "Undelivered");
    template.hasResourceProperties("AWS::SQS::Queue", {
      FifoQueue: true,
      DeduplicationScope: "messageGroup",
      FifoThroughputLimit: "perMessageGroupId",
      VisibilityTimeout: 240,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1_000 },
    });
    // It has messages with a delay too.
    template.hasResourceProperties("AWS::SQS::Queue", {
      FifoQueue: Match.absent(),
      VisibilityTimeout: 240,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { deadLetterTargetArn: undelivered.arn, maxReceiveCount: 1_000 },
    });
  });

  it("take requests by TLS only", () => {
    const { template } = synth({ entry: SHOP });
    template.resourceCountIs("AWS::SQS::QueuePolicy", 4);
    template.allResourcesProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      },
    });
  });
});

describe("the router", () => {
  it("runs Node 24 on arm64, may be called by what it has caused, and knows its app", () => {
    const { template } = synth({ entry: SHOP, environment: { LOG_LEVEL: "info" } });
    template.hasResourceProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      MemorySize: 1_024,
      Timeout: 30,
      RecursiveLoop: "Allow",
    });
    expect(variablesOf(template)).toEqual({
      DURABLE_TABLE: refTo(template, "AWS::DynamoDB::Table", "State").ref,
      WORKFLOW_TABLE: refTo(template, "AWS::DynamoDB::Table", "Workflows").ref,
      DURABLE_QUEUE: refTo(template, "AWS::SQS::Queue", "Messages").ref,
      DURABLE_DEAD_LETTER_QUEUE: refTo(template, "AWS::SQS::Queue", "DeadLetters").ref,
      DURABLE_WAKE_QUEUE: refTo(template, "AWS::SQS::Queue", "Wakes").ref,
      DURABLE_BUS_NAME: refTo(template, "AWS::Events::EventBus", "Bus").ref,
      POWERTOOLS_METRICS_NAMESPACE: "durable-lambda",
      NODE_OPTIONS: "--enable-source-maps",
      LOG_LEVEL: "info",
    });
  });

  it("may do what it does, with the resources that it has, and nothing else", () => {
    const { template } = synth({ entry: SHOP });
    const [policy] = Object.values(template.findResources("AWS::IAM::Policy"));
    const statements: { Action: string | string[]; Resource: unknown }[] =
      policy?.Properties.PolicyDocument.Statement;
    const allowed = statements.map(
      ({ Action, Resource }) => `${[Action].flat().sort().join(" ")} on ${nameOf(Resource)}`,
    );
    expect(allowed.sort()).toEqual([
      "dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem on AppTablesState",
      "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem on AppTablesWorkflows",
      "dynamodb:Query on AppTablesState/index/wakes",
      "events:PutEvents on AppBus",
      "logs:CreateLogStream logs:PutLogEvents on AppRouterLog",
      "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage on AppQueuesMessages",
      "sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage on AppQueuesWakes",
      "sqs:SendMessage on AppQueuesDeadLetters",
      "sqs:SendMessage on AppQueuesMessages AppQueuesWakes",
      "sqs:SendMessage on AppQueuesUndelivered",
    ]);
    template.allResourcesProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() });
  });

  it("takes batches of ten, of which single messages can fail, as many at once as it may", () => {
    const { template } = synth({ entry: SHOP, maxConcurrency: 7 });
    template.resourceCountIs("AWS::Lambda::EventSourceMapping", 2);
    template.allResourcesProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 10,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      MaximumBatchingWindowInSeconds: Match.absent(),
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: refTo(template, "AWS::SQS::Queue", "Messages").arn,
      ScalingConfig: { MaximumConcurrency: 7 },
    });
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: refTo(template, "AWS::SQS::Queue", "Wakes").arn,
    });
  });

  it("sweeps every minute, and what it cannot be given is kept", () => {
    const { template } = synth({ entry: SHOP });
    template.hasResourceProperties("AWS::Events::Rule", {
      ScheduleExpression: "rate(1 minute)",
      Targets: [Match.objectLike({ Input: '{"mode":"sweep"}' })],
    });
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      DestinationConfig: {
        OnFailure: { Destination: refTo(template, "AWS::SQS::Queue", "Undelivered").arn },
      },
    });
  });

  it("is as the props say", () => {
    const { template } = synth((stack) => {
      const vpc = new Vpc(stack, "Vpc", { natGateways: 0, maxAzs: 2 });
      return {
        entry: SHOP,
        memorySize: 512,
        timeout: Duration.minutes(15),
        architecture: Architecture.X86_64,
        reservedConcurrency: 20,
        maxConcurrency: 15,
        logRetention: RetentionDays.THREE_DAYS,
        metricsNamespace: "shop",
        names: { router: "shop-router", table: "shop-state", queue: "shop.fifo", bus: "shop" },
        // Its class is not quite what its interface says.
        vpc: vpc as IVpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [new SecurityGroup(stack, "Group", { vpc: vpc as IVpc })],
      };
    });
    template.hasResourceProperties("AWS::Lambda::Function", {
      FunctionName: "shop-router",
      MemorySize: 512,
      Timeout: 900,
      Architectures: ["x86_64"],
      ReservedConcurrentExecutions: 20,
      VpcConfig: { SubnetIds: [Match.anyValue(), Match.anyValue()], SecurityGroupIds: [Match.anyValue()] },
    });
    expect(variablesOf(template)).toMatchObject({ POWERTOOLS_METRICS_NAMESPACE: "shop" });
    template.hasResourceProperties("AWS::Logs::LogGroup", { RetentionInDays: 3 });
    template.hasResourceProperties("AWS::DynamoDB::Table", { TableName: "shop-state" });
    template.hasResourceProperties("AWS::SQS::Queue", { QueueName: "shop.fifo", VisibilityTimeout: 5_400 });
    template.hasResourceProperties("AWS::Events::EventBus", { Name: "shop" });
  });

  it("can be a function of the user's own, which gets everything that it needs", () => {
    const { template } = synth((stack) => ({
      router: new LambdaFunction(stack, "Own", { ...inline(), timeout: Duration.seconds(20) }),
      events: [],
    }));
    template.resourceCountIs("AWS::Lambda::Function", 1);
    expect(variablesOf(template)).toMatchObject({
      DURABLE_TABLE: refTo(template, "AWS::DynamoDB::Table", "State").ref,
    });
    template.hasResourceProperties("AWS::SQS::Queue", { FifoQueue: true, VisibilityTimeout: 120 });
    template.resourceCountIs("AWS::Lambda::EventSourceMapping", 2);
  });

  it("can be the user's own with a bundle, which is read as well, and has to be told of its events without one", () => {
    const withOwn = (code: (stack: Stack) => LambdaFunction) =>
      synth((stack) => ({ router: code(stack) }), true);
    const { template } = withOwn(
      (stack) =>
        new NodejsFunction(stack, "Own", {
          entry: SHOP,
          runtime: Runtime.NODEJS_24_X,
          bundling: { keepNames: true },
        }),
    );
    template.resourceCountIs("AWS::Events::Rule", 2);
    expect(() => withOwn((stack) => new LambdaFunction(stack, "Own", inline()))).toThrow(
      /the actors of Test\/Own listen to: its code is no folder on this machine/,
    );
  });

  it("has an address when that is asked for, for signed requests unless others may come", () => {
    synth({ entry: SHOP }).template.resourceCountIs("AWS::Lambda::Url", 0);
    synth({ entry: SHOP, functionUrl: true }).template.hasResourceProperties("AWS::Lambda::Url", {
      AuthType: "AWS_IAM",
    });
    synth({
      entry: SHOP,
      functionUrl: { authType: FunctionUrlAuthType.NONE },
    }).template.hasResourceProperties("AWS::Lambda::Url", { AuthType: "NONE" });
  });
});

describe("events", () => {
  it("have a rule for each pattern of the bundle's actors", () => {
    const { template } = synth({ entry: SHOP }, true);
    template.hasResourceProperties("AWS::Events::Rule", {
      EventBusName: refTo(template, "AWS::Events::EventBus", "Bus").ref,
      EventPattern: { source: ["durable-lambda.Order"], "detail-type": ["OrderPaid"] },
      Targets: [
        Match.objectLike({
          Arn: refTo(template, "AWS::Lambda::Function", "Router").arn,
          DeadLetterConfig: { Arn: refTo(template, "AWS::SQS::Queue", "Undelivered").arn },
        }),
      ],
    });
    template.resourceCountIs("AWS::Events::Rule", 2);
  });

  it("have the rules that are given, one for each that differs, on a bus that is given", () => {
    const pattern = { source: ["shop"], detail: { amount: [{ numeric: [">", 100] }] } };
    const { template } = synth((stack) => ({
      entry: SHOP,
      events: [pattern, { source: ["bank"] }, pattern],
      bus: EventBus.fromEventBusName(stack, "Default", "default"),
    }));
    template.resourceCountIs("AWS::Events::EventBus", 0);
    template.resourceCountIs("AWS::Events::Rule", 3);
    template.hasResourceProperties("AWS::Events::Rule", { EventBusName: "default", EventPattern: pattern });
    // All rules of that bus may invoke it; their ARNs do not name the bus.
    const [sourceArn] = Object.values(
      template.findResources("AWS::Lambda::Permission", {
        Properties: { SourceArn: { "Fn::Join": Match.anyValue() } },
      }),
    ).map(({ Properties }) => JSON.stringify(Properties.SourceArn));
    expect(sourceArn).toContain(":rule/*");
  });
});

describe("keys, alarms and the dashboard", () => {
  it("encrypt tables and queues with the key that is given, which EventBridge may use too", () => {
    const { template } = synth((stack) => ({
      entry: SHOP,
      encryptionKey: new Key(stack, "Key"),
      events: [{ source: ["shop"] }],
    }));
    const key = refTo(template, "AWS::KMS::Key", "Key");
    template.allResourcesProperties("AWS::DynamoDB::Table", {
      SSESpecification: { SSEEnabled: true, SSEType: "KMS", KMSMasterKeyId: key.arn },
    });
    template.allResourcesProperties("AWS::SQS::Queue", { KmsMasterKeyId: key.arn });
    template.hasResourceProperties("AWS::KMS::Key", {
      KeyPolicy: {
        Statement: Match.arrayWith([Match.objectLike({ Principal: { Service: "events.amazonaws.com" } })]),
      },
    });
  });

  it("alarm when there are dead letters, undelivered events, old messages or conflicts; and tell the topic", () => {
    const { template } = synth((stack) => ({
      entry: SHOP,
      alarms: { topic: new Topic(stack, "Topic"), oldestMessage: Duration.minutes(1), conflicts: 3 },
    }));
    const topic = refTo(template, "AWS::SNS::Topic", "Topic").ref;
    template.resourceCountIs("AWS::CloudWatch::Alarm", 4);
    template.allResourcesProperties("AWS::CloudWatch::Alarm", {
      AlarmActions: [topic],
      OKActions: [topic],
      TreatMissingData: "notBreaching",
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      MetricName: "ApproximateAgeOfOldestMessage",
      Threshold: 60,
    });
    template.hasResourceProperties("AWS::CloudWatch::Alarm", {
      Metrics: [
        Match.objectLike({
          Expression: {
            "Fn::Join": ["", Match.arrayWith([refTo(template, "AWS::Lambda::Function", "Router").ref])],
          },
        }),
      ],
      Threshold: 3,
    });
  });

  it("are none where nobody wants them", () => {
    const { template } = synth({ entry: SHOP, alarms: false });
    template.resourceCountIs("AWS::CloudWatch::Alarm", 0);
    template.resourceCountIs("AWS::CloudWatch::Dashboard", 0);
    synth({ entry: SHOP, dashboard: true }).template.resourceCountIs("AWS::CloudWatch::Dashboard", 1);
  });

  it("know no metrics where there are none", () => {
    const { template } = synth({ entry: SHOP, metricsNamespace: false });
    template.resourceCountIs("AWS::CloudWatch::Alarm", 3);
    expect(variablesOf(template)).not.toHaveProperty("POWERTOOLS_METRICS_NAMESPACE");
  });
});

describe("other functions", () => {
  function withOther(allow: "grantCall" | "grantSend" | "grantRead" | "grantHost") {
    const { template } = synth({ entry: SHOP }, false, (stack, actors) => {
      actors[allow](new LambdaFunction(stack, "Other", inline()));
    });
    const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
    const own = policies.find(([id]) => id.startsWith("Other"))?.[1].Properties.PolicyDocument.Statement;
    const functions = Object.keys(template.findResources("AWS::Lambda::Function"));
    const id = functions.find((one) => one.startsWith("Other"));
    return {
      variables: Object.keys(variablesOf(template, id)).sort(),
      actions: (own as { Action: string | string[] }[]).flatMap(({ Action }) => Action).sort(),
    };
  }

  it.each([
    ["grantCall", ["DURABLE_ROUTER"], ["lambda:InvokeFunction"]],
    [
      "grantSend",
      ["DURABLE_BUS_NAME", "DURABLE_QUEUE", "DURABLE_TABLE", "DURABLE_WAKE_QUEUE", "WORKFLOW_TABLE"],
      [
        "dynamodb:GetItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "events:PutEvents",
        "sqs:SendMessage",
      ],
    ],
    [
      "grantRead",
      ["DURABLE_TABLE", "WORKFLOW_TABLE"],
      ["dynamodb:GetItem", "dynamodb:GetItem", "dynamodb:Query"],
    ],
  ] as const)(
    "get by %s the variables for a client, and the permissions that go with them",
    (allow, variables, actions) => {
      expect(withOther(allow)).toEqual({ variables, actions });
    },
  );

  it("get by grantHost what the router has, but for what feeds it", () => {
    const { variables, actions } = withOther("grantHost");
    expect(variables).toEqual([
      "DURABLE_BUS_NAME",
      "DURABLE_DEAD_LETTER_QUEUE",
      "DURABLE_QUEUE",
      "DURABLE_TABLE",
      "DURABLE_WAKE_QUEUE",
      "WORKFLOW_TABLE",
    ]);
    expect(actions).toContain("dynamodb:BatchWriteItem");
    expect(actions).not.toContain("sqs:ReceiveMessage");
  });
});

it("bundles an entry as an ES module when that is asked for, and reads what its actors listen to", () => {
  const { template } = synth({ entry: SHOP, bundling: { format: OutputFormat.ESM } }, true);
  template.resourceCountIs("AWS::Events::Rule", 2);
});

/** `Fn::GetAtt` and `Fn::Join` of one, by the logical ids without their hashes. */
function nameOf(resource: unknown): string {
  if (Array.isArray(resource)) return resource.map(nameOf).join(" ");
  const { "Fn::GetAtt": attribute, "Fn::Join": joined } = resource as {
    readonly "Fn::GetAtt"?: readonly [string, string];
    readonly "Fn::Join"?: readonly [string, readonly unknown[]];
  };
  if (attribute !== undefined) return attribute[0].slice(0, -8);
  if (joined !== undefined)
    return joined[1].map((part) => (typeof part === "string" ? part : nameOf(part))).join("");
  return JSON.stringify(resource);
}
