/** What `ActorApp` can be told, and what it makes of what it was not told. */
import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { EventBus, IEventBus } from "aws-cdk-lib/aws-events";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Architecture, FunctionUrlOptions, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { BundlingOptions } from "aws-cdk-lib/aws-lambda-nodejs";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { EventPattern } from "../lib/events/pattern";

export const DEFAULT_MAX_CONCURRENCY = 50;

/** Both: with `exactOptionalPropertyTypes`, the class is not what the interface says. */
export type Bus = IEventBus | EventBus;

/** Of the router function that `ActorApp` makes. */
export interface RouterProps {
  /**
   * The file that exports `handler = createRouter([…])`, or `durable(…)`, relative to where the CDK app runs. It is bundled by
   * esbuild, with everything that it imports; so `esbuild` must be installed.
   */
  readonly entry?: string;
  /** The name of the export. Default `"handler"`. */
  readonly handler?: string;
  /** In MB, from 128 to 10,240. More memory is also more CPU. Default 1,024. */
  readonly memorySize?: number;
  /** How long one call or one batch of messages may take: whole seconds, at most 15 minutes. Default 30 s. */
  readonly timeout?: Duration;
  /** Default `ARM_64`. */
  readonly architecture?: Architecture;
  /** How many processes there may be at most, whatever calls them. Default: what the account allows. */
  readonly reservedConcurrency?: number;
  /** Further variables for the code. Those that this package sets are not to be set here. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Changes to how the entry is bundled. Default: one minified CommonJS file with the AWS SDK in it, with the names of classes
   * kept and a source map. With `format: OutputFormat.ESM` it is an ES module.
   */
  readonly bundling?: BundlingOptions;
  /** Where the function runs. Default: outside of any VPC. */
  readonly vpc?: IVpc;
  readonly vpcSubnets?: SubnetSelection;
  readonly securityGroups?: readonly ISecurityGroup[];
}

/** Names for what is created; whatever has none gets one from CloudFormation, as AWS recommends. */
export interface ResourceNames {
  readonly table?: string;
  readonly workflowTable?: string;
  /** Ends with `.fifo`. */
  readonly queue?: string;
  /** Ends with `.fifo`. */
  readonly deadLetterQueue?: string;
  readonly wakeQueue?: string;
  readonly bus?: string;
  readonly router?: string;
}

/** What the alarms of an app look at, and whom they tell. */
export interface AlarmProps {
  /** Told when an alarm begins and when it ends. Default: nobody; the alarms are to be seen in CloudWatch. */
  readonly topic?: ITopic;
  /** A message that waits for longer raises an alarm. Default 5 minutes. */
  readonly oldestMessage?: Duration;
  /** More commits than this that were refused within 5 minutes raise an alarm. Default 10. */
  readonly conflicts?: number;
}

export interface ActorAppProps extends RouterProps {
  /**
   * A function of your own as the router, instead of `entry` and the options that go with it. It gets its variables, its permissions
   * and its events; its timeout has to be set on it.
   */
  readonly router?: LambdaFunction;
  /**
   * Which events the app's actors listen to. Default: what the bundle's `@On` say: it is loaded when the app is synthesised.
   */
  readonly events?: readonly EventPattern[];
  readonly names?: ResourceNames;
  /** A bus that is there already, for events that other apps publish or listen to. Default: one of its own. */
  readonly bus?: Bus;
  /** Encrypts tables and queues. Default: keys of AWS's own, which cost nothing. */
  readonly encryptionKey?: IKey;
  /** What becomes of the tables when the stack is deleted. Default `RETAIN`. */
  readonly removalPolicy?: RemovalPolicy;
  /** Keep the last 35 days of the state table, to restore any moment. Default true. */
  readonly pointInTimeRecovery?: boolean;
  /** How many batches of messages are worked at once, from 2 to 1,000. Default 50. */
  readonly maxConcurrency?: number;
  /** How long the router's log is kept. Default one month. */
  readonly logRetention?: RetentionDays;
  /** Under which name CloudWatch keeps the app's metrics, or false for none. Default `"durable-lambda"`. */
  readonly metricsNamespace?: string | false;
  /** An address for HTTP calls: true, or its options. Callers sign their requests unless `authType` says otherwise. Default: none. */
  readonly functionUrl?: boolean | FunctionUrlOptions;
  /** CloudWatch alarms, false for none. Default: all of them, which tell nobody. */
  readonly alarms?: false | AlarmProps;
  /** A CloudWatch dashboard. Default false. */
  readonly dashboard?: boolean;
}
