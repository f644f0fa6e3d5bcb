/** The few words of the worker itself. It is one file without the page's catalogue, and goes by the browser's language: what was chosen on the page it cannot read. */

const WORDS = {
  quiet: { en: "Quiet for 1 h", de: "1 Std. Ruhe" },
  false: { en: "False alarm", de: "Fehlalarm" },
  unread: { en: "Something happened. Open the page to see what.", de: "Etwas ist geschehen. Öffne die Seite, um zu sehen, was." },
  quieted: { en: "No visitors of this camera are told for an hour.", de: "Besucher dieser Kamera werden eine Stunde lang nicht gemeldet." },
  noted: { en: "Noted as a false alarm.", de: "Als Fehlalarm notiert." },
};

export const word = (name: keyof typeof WORDS): string => WORDS[name][navigator.language.startsWith("de") ? "de" : "en"];
