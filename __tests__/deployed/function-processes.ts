/** The processes of a function on LocalStack, which runs each as a plain one on this machine. For Linux, as that is. */
import { readdir, readFile } from "node:fs/promises";

/**
 * Kills the processes of a function that are at work just now; idle ones are frozen. (To kill an idle one is no test: the
 * thread of LocalStack's that waits with it takes the next event along, which then runs into its timeout.)
 *
 * @returns how many
 */
export async function killRunning(functionName: string): Promise<number> {
  let killed = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || !(await isRunning(pid, functionName))) continue;
    process.kill(Number(pid), "SIGKILL");
    killed++;
  }
  return killed;
}

async function isRunning(pid: string, functionName: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, "latin1");
    if (!environment.split("\0").includes(`AWS_LAMBDA_FUNCTION_NAME=${functionName}`)) return false;
    const status = await readFile(`/proc/${pid}/stat`, "latin1");
    // The state is behind the name, which is in parentheses; T is stopped.
    return !/\) [TZX] /.test(status);
  } catch {
    // It has ended meanwhile, or is somebody else's.
    return false;
  }
}
