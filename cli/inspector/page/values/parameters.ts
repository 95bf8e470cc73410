/** A method's parameters, as its code has them: `by = 1, { note } = {}, ...tags`. Read for their names alone. */

const NAME = /^(?:\.\.\.)?\s*([\p{L}_$][\p{L}\p{N}_$]*)/u;

/** The name of each, in their order; what is taken apart at once has none: `{…}`, `[…]`. */
export function parameterNames(parameters: string): readonly string[] {
  return splitAtCommas(parameters).map(
    (part) => NAME.exec(part)?.[1] ?? (part.startsWith("[") ? "[…]" : "{…}"),
  );
}

/** At commas that are in no bracket and in no text. */
function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let part = "";
  for (let index = 0; index < text.length; index++) {
    const one = text[index] as string;
    if (quote !== "") {
      if (one === "\\") part += text[index++];
      else if (one === quote) quote = "";
    } else if (`"'\``.includes(one)) quote = one;
    else if ("([{".includes(one)) depth++;
    else if (")]}".includes(one)) depth--;
    else if (one === "," && depth === 0) {
      parts.push(part.trim());
      part = "";
      continue;
    }
    part += text[index] ?? "";
  }
  parts.push(part.trim());
  return parts.filter((one) => one !== "");
}
