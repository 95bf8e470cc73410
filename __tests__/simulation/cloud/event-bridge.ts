/**
 * EventBridge, as far as the adapter uses it. As the real one does, it takes events for a bus that does not exist, without a
 * word. It delivers each event once, at once, to whoever listens; what comes late or twice is for the listener to arrange.
 */
import { checkFields } from "./requests";
import { type Service, ServiceError, type ServiceRequest } from "./service";

interface PutEntry {
  readonly EventBusName?: string;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: Date;
}

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

const ENTRY_FIELDS = ["EventBusName", "Source", "DetailType", "Detail", "Time"];
const MAX_ENTRIES = 10;
/** Of all entries together. */
const MAX_BYTES = 262_144;
const PLACE = { account: "000000000000", region: "us-east-1" };

export class SimulatedEventBridge implements Service {
  /** Gets each event in the form in which EventBridge invokes a function. */
  onEvent: (event: object, nowMs: number) => void = () => {};

  /**
   * @param buses the names of those that exist
   * @param newId for the ids of events
   */
  constructor(
    private readonly buses: readonly string[],
    private readonly newId: () => string,
  ) {}

  apply({ command, input }: ServiceRequest, nowMs: number): object {
    if (command !== "PutEventsCommand")
      throw new Error(`The simulated EventBridge does not know ${command}.`);
    checkFields(command, input, ["Entries"]);
    const entries = input.Entries as readonly PutEntry[];
    if (!(entries.length >= 1 && entries.length <= MAX_ENTRIES)) {
      throw refusal(`${entries.length} entries: must have length 1 to ${MAX_ENTRIES}`);
    }
    if (entries.reduce((sum, entry) => sum + bytesOf(entry), 0) > MAX_BYTES) {
      throw refusal("Total size of the entries in the request is over the limit.");
    }
    const results = entries.map((entry) => this.put(entry, nowMs));
    return { FailedEntryCount: results.filter((result) => "ErrorCode" in result).length, Entries: results };
  }

  private put(entry: PutEntry, nowMs: number): { readonly EventId: string } | Refusal {
    checkFields("PutEventsCommand", entry as Record<string, unknown>, ENTRY_FIELDS);
    const { EventBusName: bus = "default", Source: source, DetailType: type, Time: time } = entry;
    for (const field of ["Source", "DetailType", "Detail"] as const) {
      if (!entry[field])
        return { ErrorCode: "InvalidArgument", ErrorMessage: `${field} is a required argument.` };
    }
    if (source?.startsWith("aws.")) {
      return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
    }
    const detail = objectIn(entry.Detail ?? "");
    if (detail === undefined) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    const id = this.newId();
    if (this.has(bus)) {
      const seconds = Math.floor((time?.getTime() ?? nowMs) / 1_000);
      const event = {
        version: "0",
        id,
        "detail-type": type,
        source,
        account: PLACE.account,
        time: new Date(seconds * 1_000).toISOString().replace(".000", ""),
        region: PLACE.region,
        resources: [],
        detail,
      };
      this.onEvent(event, nowMs);
    }
    return { EventId: id };
  }

  /** @param bus its name or its ARN */
  private has(bus: string): boolean {
    return this.buses.includes(bus.slice(bus.lastIndexOf("/") + 1));
  }
}

/** As EventBridge counts: the texts, and 14 for a time. */
function bytesOf({ Source = "", DetailType = "", Detail = "", Time }: PutEntry): number {
  const texts = Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
  return texts + (Time === undefined ? 0 : 14);
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(message: string): ServiceError {
  return new ServiceError("ValidationException", message, { $fault: "client" });
}
