/** A text as it is, in a box of its own in which it scrolls. */

interface ScrollableTextProps {
  readonly label: string;
  readonly text: string;
}

export function ScrollableText({ label, text }: ScrollableTextProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must be reached for that
    <section class="raw" tabIndex={0} aria-label={label}>
      <pre>{text}</pre>
    </section>
  );
}
