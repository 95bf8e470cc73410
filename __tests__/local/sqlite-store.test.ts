import { SqliteStore } from "../../lib/local/sqlite-store";
import { storeContract } from "../contract/store-contract";

const stores: SqliteStore[] = [];
afterAll(() => Promise.all(stores.map((store) => store.close())));

describe("the store on SQLite", () => {
  storeContract(() => {
    const store = new SqliteStore(":memory:");
    stores.push(store);
    return store;
  });
});
