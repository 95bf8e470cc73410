/** The tables: the actors with the index of those that somebody must look at, and the tracked calls. */
import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import {
  EXPIRY_ATTRIBUTE,
  type KeyAttribute,
  STATE_KEYS,
  WAKE_INDEX,
  WAKE_KEYS,
  WORKFLOW_KEYS,
} from "../lib/aws/resources";
import type { ActorAppProps } from "./props";

type Props = Pick<ActorAppProps, "names" | "encryptionKey" | "removalPolicy" | "pointInTimeRecovery">;

/**
 * A plain table and not a global one: of a second replica, which takes writes too, no condition in the first one would know, and
 * an actor could run in both.
 */
export class Tables extends Construct {
  readonly state: Table;
  readonly workflows: Table;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id);
    const { names = {}, encryptionKey, removalPolicy = RemovalPolicy.RETAIN } = props;
    const { pointInTimeRecovery = true } = props;
    const common = {
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: EXPIRY_ATTRIBUTE,
      removalPolicy,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
      ...(encryptionKey === undefined
        ? { encryption: TableEncryption.DEFAULT }
        : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }),
    };
    this.state = new Table(this, "State", {
      ...common,
      ...(names.table === undefined ? {} : { tableName: names.table }),
      partitionKey: attribute(STATE_KEYS[0]),
      sortKey: attribute(STATE_KEYS[1]),
    });
    this.state.addGlobalSecondaryIndex({
      indexName: WAKE_INDEX,
      partitionKey: attribute(WAKE_KEYS[0]),
      sortKey: attribute(WAKE_KEYS[1]),
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.workflows = new Table(this, "Workflows", {
      ...common,
      ...(names.workflowTable === undefined ? {} : { tableName: names.workflowTable }),
      partitionKey: attribute(WORKFLOW_KEYS[0]),
    });
  }

  get wakeIndexArn(): string {
    return `${this.state.tableArn}/index/${WAKE_INDEX}`;
  }
}

function attribute({ name, type }: KeyAttribute): { name: string; type: AttributeType } {
  return { name, type: type === "S" ? AttributeType.STRING : AttributeType.NUMBER };
}
