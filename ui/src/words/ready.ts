/** Settles the language before any other module of the page runs: the entry imports this first. */

import { language, speak } from ".";

const chosen = language();
document.documentElement.lang = chosen;
if (chosen === "de") speak((await import("./de")).default);
