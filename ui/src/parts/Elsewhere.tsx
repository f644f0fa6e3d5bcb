/** Footage that is no longer on this machine: where it lies, and the command that brings it back. */

import { useState } from "preact/hooks";
import type { ElsewhereSpan, Place, WayBack } from "../api";
import { clock, clockSeconds } from "../format";
import * as icons from "./icons";

const FEW = 4;

/** "nas", "nas and pc", "nas, pc and cloud". */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export const placesOf = (places: readonly Pick<Place, "target">[]): string => listed([...new Set(places.map((each) => each.target))]);

/** The span a moment lies in; a file that begins a moment late is no hole. */
export const spanAt = <T extends { start_us: number; end_us: number }>(spans: readonly T[], at_us: number): T | undefined =>
  spans.find((each) => each.start_us - 1e6 <= at_us && at_us < each.end_us);

export const spanTitle = (span: ElsewhereSpan): string => `Only at ${placesOf(span.places)}, ${clock(span.start_us)} – ${clock(span.end_us)}`;

/** `part`: the rest of it is here. What needs no identity file comes first. */
export function ElsewherePanel({ ways, part = false }: { ways: readonly WayBack[]; part?: boolean }) {
  const sorted = [...ways].sort((a, b) => Number(a.sealed) - Number(b.sealed));
  return (
    <section class="elsewhere" aria-label="Footage elsewhere">
      <h2>
        <icons.Copies size={20} /> {part ? "A part of this footage is no longer on this machine" : "This footage is no longer on this machine"}
      </h2>
      {sorted.map((way) => (
        <Way key={`${way.target}-${way.sealed}`} way={way} />
      ))}
      <p class="hint">
        Type {sorted.length > 1 ? "one of these" : "this"} into a terminal on this machine, as the user Hearthwatch runs as; the video comes into a new folder, “restored”.{" "}
        {sorted.some((way) => way.sealed) ? (
          <>
            <code>identity.txt</code> is the file that <code>hearthwatch offsite keygen</code> made for you: bring it, and do not leave it here.{" "}
          </>
        ) : null}
        It works from another machine, too: “After the burglary” in docs/offsite.md.
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
          It lies sealed at <strong>{way.target}</strong>. To watch it ({span}):
        </p>
      ) : (
        <>
          <p>
            It lies at <strong>{way.target}</strong>, where every player opens it:
          </p>
          <ul class="elsewhere-files">
            {way.files.slice(0, FEW).map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
            {way.files.length > FEW ? <li class="dim">and so on to {way.files.at(-1)?.split("/").at(-1)}</li> : null}
          </ul>
          <p>Or fetch it from there:</p>
        </>
      )}
      <Command text={way.command} />
      {way.needs_reader ? <p class="hint">The key this house has at {way.target} may be one that can only put: then use one that may read.</p> : null}
    </div>
  );
}

/** A long command breaks between its options, and is copied as one line. */
function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard?.writeText(text).then(() => setCopied(true), () => undefined);
  return (
    <div class="elsewhere-command">
      <pre tabIndex={0} aria-label="The command">
        {text.split(/ (?=-)/).map((option) => (
          <>
            <span>{option}</span>{" "}
          </>
        ))}
      </pre>
      {navigator.clipboard ? (
        <button class="button" type="button" onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </button>
      ) : null}
    </div>
  );
}
