/** What is checked of a request before it is looked at: that the simulation knows each of its fields. */

/** A field that no code here reads might mean something to AWS. */
export function checkFields(
  command: string,
  input: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  for (const name in input) {
    if (input[name] !== undefined && !known.includes(name)) {
      throw new Error(`The simulation does not know the field ${name} of ${command}.`);
    }
  }
}
