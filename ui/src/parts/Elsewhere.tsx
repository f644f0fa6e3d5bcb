/** Footage that is no longer on this machine: where it lies, and the command that brings it back. */

import { useState } from "preact/hooks";
import type { ElsewhereSpan, Place, WayBack } from "../api";
import { clock, clockSeconds } from "../format";
import { rich, t } from "../words";
import { listed } from "../words/figures";
import * as icons from "./icons";

const FEW = 4;

export const placesOf = (places: readonly Pick<Place, "target">[]): string => listed([...new Set(places.map((each) => each.target))]);

/** The span a moment lies in; a file that begins a moment late is no hole. */
export const spanAt = <T extends { start_us: number; end_us: number }>(spans: readonly T[], at_us: number): T | undefined =>
  spans.find((each) => each.start_us - 1e6 <= at_us && at_us < each.end_us);

export const spanTitle = (span: ElsewhereSpan): string => t("Only at {places}, {from} – {until}", { places: placesOf(span.places), from: clock(span.start_us), until: clock(span.end_us) });

/** `part`: the rest of it is here. What needs no identity file comes first. */
export function ElsewherePanel({ ways, part = false }: { ways: readonly WayBack[]; part?: boolean }) {
  const sorted = [...ways].sort((a, b) => Number(a.sealed) - Number(b.sealed));
  return (
    <section class="elsewhere" aria-label={t("Footage elsewhere")}>
      <h2>
        <icons.Copies size={20} /> {part ? t("A part of this footage is no longer on this machine") : t("This footage is no longer on this machine")}
      </h2>
      {sorted.map((way) => (
        <Way key={`${way.target}-${way.sealed}`} way={way} />
      ))}
      <p class="hint">
        {sorted.length > 1
          ? t("Type one of these into a terminal on this machine, as the user Hearthwatch runs as; the video comes into a new folder, “restored”.")
          : t("Type this into a terminal on this machine, as the user Hearthwatch runs as; the video comes into a new folder, “restored”.")}{" "}
        {sorted.some((way) => way.sealed)
          ? rich("{file} is the file that {command} made for you: bring it, and do not leave it here.", { file: <code>identity.txt</code>, command: <code>hearthwatch offsite keygen</code> })
          : null}{" "}
        {t("It works from another machine, too: “After the burglary” in docs/offsite.md.")}
      </p>
    </section>
  );
}

function Way({ way }: { way: WayBack }) {
  const span = `${clockSeconds(way.start_us)} – ${clockSeconds(way.end_us)}`;
  return (
    <div class="elsewhere-way">
      {way.sealed ? (
        <p>
          {rich("It lies sealed at {place}. To watch it ({span}):", { place: <strong>{way.target}</strong>, span })}
        </p>
      ) : (
        <>
          <p>
            {rich("It lies at {place}, where every player opens it:", { place: <strong>{way.target}</strong> })}
          </p>
          <ul class="elsewhere-files">
            {way.files.slice(0, FEW).map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
            {way.files.length > FEW ? <li class="dim">{t("and so on to {name}", { name: way.files.at(-1)?.split("/").at(-1) ?? "" })}</li> : null}
          </ul>
          <p>{t("Or fetch it from there:")}</p>
        </>
      )}
      <Command text={way.command} />
      {way.needs_reader ? <p class="hint">{t("The key this house has at {place} may be one that can only put: then use one that may read.", { place: way.target })}</p> : null}
    </div>
  );
}

/** A long command breaks between its options, and is copied as one line. */
function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard?.writeText(text).then(() => setCopied(true), () => undefined);
  return (
    <div class="elsewhere-command">
      <pre tabIndex={0} aria-label={t("The command")}>
        {text.split(/ (?=-)/).map((option) => (
          <>
            <span>{option}</span>{" "}
          </>
        ))}
      </pre>
      {navigator.clipboard ? (
        <button class="button" type="button" onClick={copy}>
          {copied ? t("Copied") : t("Copy")}
        </button>
      ) : null}
    </div>
  );
}
