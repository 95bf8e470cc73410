/** Repeating requests that are safe to repeat while the store is unavailable. */
import { sleep } from "../clock";
import { StoreUnavailable } from "../errors";
import { backoffMs } from "../random";
import type { Host } from "./host";

/** How often a failed request is repeated here, on top of what the adapter's own client repeats. */
export const STORE_RETRIES = 3;

/** @throws whatever the last attempt threw */
export async function retrying<T>(
  { clock, random }: Pick<Host, "clock" | "random">,
  request: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await request();
    } catch (thrown) {
      if (!(thrown instanceof StoreUnavailable) || failures > STORE_RETRIES) throw thrown;
      await sleep(clock, backoffMs(failures, 25, 1_000, random));
    }
  }
}
