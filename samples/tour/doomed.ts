/** A process for the tour to kill: it starts the engine on the given file and hangs in the middle of a call. */
import { startLocal } from "durable-lambda/local";
import { Importer } from "./importer";

async function main(file: string): Promise<void> {
  const { client } = await startLocal({ actors: [Importer], file, limits: { leaseMs: 1_000 } });
  const importer = client.actor(Importer).get("nightly");
  await importer.add("row 1");
  await importer.addAndHang("row 2");
}

void main(process.argv[2] as string);
