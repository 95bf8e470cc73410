/** dynoxide, a stand-in for DynamoDB on SQLite: a program from npm. */
import { join } from "node:path";
import { installed, run } from "./installed";
import { NotHere, type StandIn } from "./stand-in";

const version = "1.2.1";
/** npm has it for this platform alone. */
const PLATFORM = "linux-x64";

export const dynoxide: StandIn = {
  name: "dynoxide",
  title: `dynoxide ${version}`,
  async install() {
    const platform = `${process.platform}-${process.arch}`;
    if (platform !== PLATFORM) throw new NotHere(`npm has it for ${PLATFORM} alone, not for ${platform}`);
    const folder = await installed(`dynoxide-${version}`, (partial) =>
      run(
        "npm",
        [
          ...["install", "--prefix", partial, "--no-save", "--no-audit", "--no-fund"],
          ...["--loglevel=error", `@dynoxide/${PLATFORM}@${version}`],
        ],
        partial,
      ),
    );
    const command = join(folder, "node_modules", "@dynoxide", PLATFORM, "dynoxide");
    return (port) => ({ command, args: ["--host", "127.0.0.1", "--port", String(port)] });
  },
  deviations: {},
};
