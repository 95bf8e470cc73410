/** A text in which what was searched for is marked. */

export function Highlighted({ text, query }: { readonly text: string; readonly query: string }) {
  if (query === "") return <>{text}</>;
  const pieces: (string | preact.JSX.Element)[] = [];
  const [inText, wanted] = [text.toLowerCase(), query.toLowerCase()];
  let from = 0;
  for (let at = inText.indexOf(wanted); at !== -1; at = inText.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  pieces.push(text.slice(from));
  return <>{pieces}</>;
}
