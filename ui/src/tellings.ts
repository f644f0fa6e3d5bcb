/** How often the house told of each event while this page was open: with each telling its picture may be a better one. */

const MOST = 500;
const counts = new Map<string, number>();

export const tellings = (event: string): number => counts.get(event) ?? 0;

export function toldOf(event: string): void {
  const before = tellings(event);
  counts.delete(event); // the last told of stands last
  counts.set(event, before + 1);
  for (const oldest of counts.keys()) {
    if (counts.size <= MOST) break;
    counts.delete(oldest);
  }
}
