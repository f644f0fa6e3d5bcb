/** Settles the language before any other module of the page runs: the entry imports this first. */

import { language, speak } from ".";
import { read } from "./read";
import { hear } from "./told";

const chosen = language();
document.documentElement.lang = chosen;
const { words, house } = await read(chosen);
speak(chosen, words);
void house.then(hear, () => undefined); // without them the house speaks English
