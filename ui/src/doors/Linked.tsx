/** Text with the addresses of its sources to follow; nothing is fetched before somebody does. */

const ADDRESS = /(https:\/\/[^\s"'<>()]+[^\s"'<>().,;:])/;

export const Linked = ({ text }: { text: string }) => (
  <>
    {text.split(ADDRESS).map((piece, number) =>
      number % 2 ? (
        <a key={number} href={piece} target="_blank" rel="noreferrer noopener">
          {new URL(piece).host}
          {new URL(piece).pathname}
        </a>
      ) : (
        piece
      ),
    )}
  </>
);
