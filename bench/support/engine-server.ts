/** The embedded engine with the sample's counter, on a file. */
import { startLocal } from "durable-lambda/local";
import { Counter } from "../../samples/counter/counter";

void startLocal({ actors: [Counter], file: process.argv[2] as string }).then(({ url }) => console.log(url));
