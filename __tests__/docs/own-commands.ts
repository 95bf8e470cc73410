/** The pages' uses of this project's own command, against what it takes. */
import type { Command } from "commander";
import { program } from "../../cli/program";

/** What is wrong with its arguments; undefined when it would take them. */
export function problemOfOwn(words: readonly string[]): string | undefined {
  let command: Command = program();
  let rest = [...words];
  while (rest[0] !== undefined && !rest[0].startsWith("-")) {
    const inner = command.commands.find((one) => one.name() === rest[0]);
    if (inner === undefined) break;
    command = inner;
    rest = rest.slice(1);
  }
  if (command.commands.length > 0 && rest[0] !== undefined && !rest[0].startsWith("-")) {
    return `${command.name()} has no command ${rest[0]}`;
  }
  const operands: string[] = [];
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index] as string;
    if (!/^--?[a-z]/.test(word)) {
      operands.push(word);
      continue;
    }
    const option = command.options.find(({ long, short }) => word === long || word === short);
    if (option === undefined && word !== "--help") return `${command.name()} knows no option ${word}`;
    if (option?.required || (option?.optional && !rest[index + 1]?.startsWith("-"))) index++;
  }
  const { registeredArguments: known } = command;
  const least = known.filter(({ required }) => required).length;
  if (operands.length < least) return `${command.name()} takes at least ${least} arguments`;
  const isOpen = known.some(({ variadic }) => variadic);
  return isOpen || operands.length <= known.length
    ? undefined
    : `${command.name()} takes ${known.length} arguments`;
}
