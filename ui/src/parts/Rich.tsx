/** A text of the documentation: what stands between backticks is code. */

export function Rich({ text }: { text: string }) {
  return (
    <>
      {text.split("`").map((part, at) => (at % 2 ? <code key={at}>{part}</code> : part))}
    </>
  );
}
