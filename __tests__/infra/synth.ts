/** What the tests of the construct begin with: a stack with an app in it, and what is synthesised from that. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { ActorApp, type ActorAppProps } from "durable-lambda/infra";

export const SHOP = "samples/shop/actors.ts";

const folders: string[] = [];

/** A folder that is gone when the tests of the file are over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "durable-infra-"));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

export interface Synthesised {
  readonly app: App;
  readonly template: Template;
}

type Props = ActorAppProps | ((stack: Stack) => ActorAppProps);

/**
 * @param isBundled false saves the time for it: then nothing is known of what the actors listen to
 * @param addTo adds to the stack what goes with the app
 */
export function synth(
  props: Props,
  isBundled = false,
  addTo: (stack: Stack, actors: ActorApp) => void = () => {},
): Synthesised {
  const context = isBundled ? {} : { "aws:cdk:bundling-stacks": [] };
  const app = new App({ outdir: newFolder(), context });
  const stack = new Stack(app, "Test");
  const actors = new ActorApp(stack, "App", typeof props === "function" ? props(stack) : props);
  addTo(stack, actors);
  return { app, template: Template.fromStack(stack) };
}

/** Of the only function, or of the one with this logical id. */
export function variablesOf(template: Template, logicalId?: string): Readonly<Record<string, unknown>> {
  const functions = template.findResources("AWS::Lambda::Function");
  const { Properties } = (logicalId === undefined ? Object.values(functions)[0] : functions[logicalId]) ?? {};
  return Properties.Environment?.Variables ?? {};
}

/** `Ref` and `Fn::GetAtt` to the only resource of a type whose logical id has this in it. */
export function refTo(template: Template, type: string, part: string) {
  const ids = Object.keys(template.findResources(type)).filter((id) => id.includes(part));
  if (ids.length !== 1) throw new Error(`${part} is in ${ids.length} of the ids of ${type}`);
  return { ref: { Ref: ids[0] }, arn: { "Fn::GetAtt": [ids[0], "Arn"] } };
}
