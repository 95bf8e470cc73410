import { storeContract } from "../contract/store-contract";
import { type Emulator, startDynamo } from "../support/dynamo";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startDynamo();
});
afterAll(() => emulator.close());

describe("the store on DynamoDB", () => {
  storeContract(() => emulator.connect().store);
});
