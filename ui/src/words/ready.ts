/** Settles the language before any other module of the page runs: the entry imports this first. */

import { language, speak } from ".";

const chosen = language();
document.documentElement.lang = chosen;
speak(chosen, chosen === "de" ? (await import("./de")).default : {});
