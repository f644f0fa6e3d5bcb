/** What the options are called and mean in the page's language. The house describes them in English. */

import german from "../words/de/settings/help.json?url";
import { own } from "../own";
import { language } from "../words";

interface Help {
  titles: Readonly<Record<string, string>>;
  texts: Readonly<Record<string, string>>;
}
let help: Help = { titles: {}, texts: {} };

/** Has the descriptions at hand; where they cannot be had, those of the house stay. */
export async function readHelp(): Promise<void> {
  if (language() !== "de") return;
  const answer = await fetch(german).catch(() => null);
  if (answer?.ok) help = (await answer.json()) as Help;
}

export const titleIn = (option: string): string | undefined => own(help.titles, option);
export const helped = (text: string): string => own(help.texts, text) ?? text;
