/** Reads the words of a language. In a built page a reader of its own stands in this one's place: see ui/catalogue.ts. */

import type { Language } from ".";

export interface Words {
  /** By the sentence, or by the number the build put in its place. */
  words: Readonly<Record<string, string>>;
  /** What the house itself says, by its pattern: it may come after the first picture. */
  house: Promise<Readonly<Record<string, string>>>;
}

export async function read(language: Language): Promise<Words> {
  const { words, house } = language === "de" ? (await import("./de")).default : { words: {}, house: {} };
  return { words, house: Promise.resolve(house) };
}
